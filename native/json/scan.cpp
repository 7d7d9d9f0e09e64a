#include "scan.hpp"

#include <cstdio>
#include <cstring>

#include "context.hpp"
#include "keys.hpp"
#include "number.hpp"
#include "text.hpp"

namespace sextant::json {
namespace {

// What building a value in JavaScript takes, in units of a number. Inside of payloads nothing is built.
constexpr uint32_t textCost = 8;       // strings, and integers beyond 2^53-1
constexpr uint32_t freshKeyCost = 16;  // keys that the key table has not seen before
// Numbers whose nearest f32 or f64 takes the slow way: ties, subnormals, digits beyond an f64. No real data is full of them.
constexpr uint32_t slowMax = 300000;

struct Budget {
  uint32_t containers;
  uint32_t scalars;
};

// Methods return false after `fail` (or when memory ran out); the first failure stays. `emit` = false only checks.
class Scanner {
 public:
  Scanner(const uint8_t* body, size_t length, const Limits& limits, Scan& out) noexcept
      : begin_(body), p_(body), end_(body + length), limits_(limits), out_(out), keys_(body) {}

  void run() noexcept {
    budget_ = {limits_.containers, limits_.scalars};
    vectorsLeft_ = payloadsLeft_ = limits_.containers;
    skipSpace();
    if (!value<true>(Context::plain)) return;
    skipSpace();
    if (p_ != end_) fail("trailing characters");
  }

 private:
  template <bool emit>
  bool value(Context context) noexcept {
    if (p_ == end_) return fail("EOF while parsing a value");
    switch (*p_) {
      case '{': return emit && context == Context::payload ? raw() : object<emit>(context);
      case '[': {
        if constexpr (emit) {
          if (holdsVectors(context)) {
            int found = vector();
            if (found != 0) return found > 0;
          }
        }
        return array<emit>(context);
      }
      case '"': return spendScalar(emit ? textCost : 1) && string<emit>();
      case 't': return spendScalar() && word("true") && put<emit>(tagTrue);
      case 'f': return spendScalar() && word("false") && put<emit>(tagFalse);
      case 'n': return spendScalar() && word("null") && put<emit>(tagNull);
      default: return spendScalar() && number<emit>();
    }
  }

  template <bool emit>
  bool object(Context context) noexcept {
    Context inside = contextInObject(context);
    size_t countAt = out_.tape.size() + 1;
    if (!enter() || !put<emit>(tagObject, 0)) return false;
    uint32_t count = 0;
    for (;; count++) {
      int more = nextMember('}', count == 0, "EOF while parsing an object", "expected `,` or `}`");
      if (more <= 0) {
        if (more < 0) return false;
        break;
      }
      if (*p_ != '"') return fail("key must be a string");
      Context under = inside;
      if (!key<emit>(under) || !colon() || !value<emit>(under)) return false;
    }
    return leave<emit>(countAt, count);
  }

  template <bool emit>
  bool array(Context context) noexcept {
    Context inside = contextInArray(context);
    size_t countAt = out_.tape.size() + 1;
    if (!enter() || !put<emit>(tagArray, 0)) return false;
    uint32_t count = 0;
    for (;; count++) {
      int more = nextMember(']', count == 0, "EOF while parsing a list", "expected `,` or `]`");
      if (more <= 0) {
        if (more < 0) return false;
        break;
      }
      if (!value<emit>(inside)) return false;
    }
    return leave<emit>(countAt, count);
  }

  // 1 = a vector was taken; 0 = empty, not valid or not only numbers, nothing happened; -1 = refused.
  int vector() noexcept {
    const uint8_t* p = skipSpace(p_ + 1);
    size_t before = out_.floats.size();
    for (;;) {
      Decimal decimal;
      if (readNumber(p, end_, decimal) != NumberError::none) break;
      if (!out_.floats.push(toFloat(decimal, slow_))) return noMemory() ? 1 : -1;
      if (slow_ > slowMax) return failSlow() ? 1 : -1;
      p = skipSpace(p);
      if (p == end_) break;
      if (*p == ',') {
        p = skipSpace(p + 1);
      } else if (*p == ']') {
        if (vectorsLeft_-- == 0) return fail("more than %u vectors", limits_.containers) ? 1 : -1;
        p_ = p + 1;
        return put<true>(tagVector, uint32_t(out_.floats.size() - before)) ? 1 : -1;
      } else {
        break;
      }
    }
    out_.floats.cut(before);
    return 0;
  }

  // Only checks; the bounds hold anew inside.
  bool raw() noexcept {
    if (payloadsLeft_-- == 0) return fail("more than %u payloads", limits_.containers);
    Budget outside = budget_;
    budget_ = {limits_.containers, limits_.scalars};
    const uint8_t* start = p_;
    if (!object<false>(Context::opaque)) return false;
    budget_ = outside;
    return putSpan(tagRaw, start, p_);
  }

  template <bool emit>
  bool key(Context& context) noexcept {
    const uint8_t* start = p_;
    Text text;
    if (!readString(text)) return false;
    if constexpr (!emit) return spendScalar(1, start);
    uint8_t resolved[contextKeyMax];
    const uint8_t* bytes = text.start;
    size_t length = size_t(text.end - text.start);
    if (text.escaped) {
      bytes = resolved;
      length = resolve(text, resolved, sizeof(resolved));
    }
    context = length > contextKeyMax ? contextUnderKey(nullptr, 0, context, depth_) : contextUnderKey(bytes, length, context, depth_);
    uint32_t number = 0;
    switch (text.escaped ? KeyTable::Found::full : keys_.find(text.start, uint32_t(text.end - text.start), number)) {
      case KeyTable::Found::again: return spendScalar(1, start) && put<true>(tagKeyAgain, number);
      case KeyTable::Found::added: return spendScalar(freshKeyCost, start) && put<true>(tagKeyNew) && putText(text);
      case KeyTable::Found::full: break;
    }
    return spendScalar(freshKeyCost, start) && putText(text);
  }

  template <bool emit>
  bool string() noexcept {
    Text text;
    if (!readString(text)) return false;
    return !emit || putText(text);
  }

  template <bool emit>
  bool number() noexcept {
    const uint8_t* start = p_;
    if (*p_ != '-' && !isDigit(*p_)) return fail("expected value");
    Decimal decimal;
    switch (readNumber(p_, end_, decimal)) {
      case NumberError::none: break;
      case NumberError::invalid: return fail("invalid number");
      case NumberError::ended: return fail("EOF while parsing a value");
    }
    if (slow_ > slowMax) return failSlow();
    if (!isFinite(decimal, slow_)) {
      p_ = start;
      return fail("number out of range");
    }
    if constexpr (!emit) return true;
    if (isBigInteger(decimal)) return spendScalar(textCost - 1) && putSpan(tagInteger, start, p_);
    return put<true>(tagNumber) && (out_.numbers.push(toDouble(decimal, slow_)) || noMemory());
  }

  bool word(const char* rest) noexcept {
    for (; *rest != 0; rest++, p_++) {
      if (p_ == end_) return fail("EOF while parsing a value");
      if (*p_ != uint8_t(*rest)) return fail("expected ident");
    }
    return true;
  }

  // 1 = on the first byte of a member, 0 = behind the closing bracket, -1 = refused. The opening one is taken by `enter`.
  int nextMember(char close, bool first, const char* ended, const char* expected) noexcept {
    skipSpace();
    if (p_ == end_) return fail(ended) ? 1 : -1;
    if (*p_ == uint8_t(close)) return p_++, 0;
    if (first) return 1;
    if (*p_ != ',') return fail(expected) ? 1 : -1;
    p_++;
    skipSpace();
    if (p_ == end_) return fail("EOF while parsing a value") ? 1 : -1;
    if (*p_ == uint8_t(close)) return fail("trailing comma") ? 1 : -1;
    return 1;
  }

  bool colon() noexcept {
    skipSpace();
    if (p_ == end_) return fail("EOF while parsing an object");
    if (*p_ != ':') return fail("expected `:`");
    p_++;
    skipSpace();
    return true;
  }

  bool readString(Text& text) noexcept {
    switch (readText(p_, end_, text)) {
      case TextError::none: return true;
      case TextError::ended: return fail("EOF while parsing a string");
      case TextError::control: return fail("control character (\\u0000-\\u001F) found while parsing a string");
      case TextError::escape: return fail("invalid escape");
      case TextError::utf8: return fail("invalid unicode code point");
      case TextError::lone: return fail("lone leading surrogate in hex escape");
      case TextError::hexEnd: return fail("unexpected end of hex escape");
    }
    return false;
  }

  bool enter() noexcept {
    if (depth_ >= limits_.depth) return fail("recursion limit exceeded");
    if (budget_.containers-- == 0) return fail("more than %u arrays and objects", limits_.containers);
    depth_++;
    p_++;
    return true;
  }

  template <bool emit>
  bool leave(size_t countAt, uint32_t count) noexcept {
    depth_--;
    if constexpr (emit) out_.tape[countAt] = count;
    return true;
  }

  // Refused at `at`, or where the scan is.
  bool spendScalar(uint32_t cost = 1, const uint8_t* at = nullptr) noexcept {
    if (budget_.scalars >= cost) {
      budget_.scalars -= cost;
      return true;
    }
    if (at != nullptr) p_ = at;
    return fail("more than %u numbers, strings and keys", limits_.scalars);
  }

  bool failSlow() noexcept { return fail("more than %u numbers that take long to read", slowMax); }

  template <bool emit>
  bool put(uint32_t a) noexcept {
    return !emit || out_.tape.push(a) || noMemory();
  }
  template <bool emit>
  bool put(uint32_t a, uint32_t b) noexcept {
    return !emit || (out_.tape.push(a) && out_.tape.push(b)) || noMemory();
  }
  bool putSpan(Tag tag, const uint8_t* start, const uint8_t* end) noexcept {
    return put<true>(tag, uint32_t(start - begin_)) && put<true>(uint32_t(end - start));
  }
  bool putText(const Text& text) noexcept {
    return putSpan(text.escaped ? tagEscaped : text.ascii ? tagAscii : tagUtf8, text.start, text.end);
  }

  const uint8_t* skipSpace(const uint8_t* p) const noexcept {
    while (p != end_ && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    return p;
  }
  void skipSpace() noexcept { p_ = skipSpace(p_); }

  bool noMemory() noexcept {
    if (out_.status == ScanStatus::ok) out_.status = ScanStatus::noMemory;
    return false;
  }

  // The error is told at the byte at `p_`.
  bool fail(const char* format, uint32_t limit = 0) noexcept {
    if (out_.status != ScanStatus::ok) return false;
    out_.status = ScanStatus::refused;
    snprintf(out_.reason, sizeof(out_.reason), format, limit);
    const uint8_t* end = p_ == end_ ? end_ : p_ + 1;
    const uint8_t* lineStart = begin_;
    out_.line = 1;
    for (const uint8_t* p = begin_; p != end; p++) {
      if (*p != '\n') continue;
      out_.line++;
      lineStart = p + 1;
    }
    out_.column = uint32_t(end - lineStart);
    return false;
  }

  const uint8_t* const begin_;
  const uint8_t* p_;
  const uint8_t* const end_;
  const Limits& limits_;
  Scan& out_;
  KeyTable keys_;
  Budget budget_{};
  uint32_t vectorsLeft_ = 0;
  uint32_t payloadsLeft_ = 0;
  uint32_t depth_ = 0;
  uint32_t slow_ = 0;
};

}  // namespace

void scan(const uint8_t* body, size_t length, const Limits& limits, Scan& out) noexcept {
  Scanner(body, length, limits, out).run();
}

size_t blockBytes(const Scan& scan) noexcept {
  if (scan.status == ScanStatus::refused) return 16 + std::strlen(scan.reason);
  if (scan.status == ScanStatus::noMemory) return 16;
  return 16 + scan.numbers.size() * 8 + scan.floats.size() * 4 + scan.tape.size() * 4;
}

void writeBlock(const Scan& scan, uint8_t* out) noexcept {
  uint32_t head[4] = {uint32_t(scan.status), 0, 0, 0};
  auto append = [at = out + sizeof(head)](const void* bytes, size_t length) mutable {
    if (length != 0) std::memcpy(at, bytes, length);
    at += length;
  };
  if (scan.status == ScanStatus::refused) {
    head[1] = scan.line;
    head[2] = scan.column;
    head[3] = uint32_t(std::strlen(scan.reason));
    append(scan.reason, head[3]);
  } else if (scan.status == ScanStatus::ok) {
    head[1] = uint32_t(scan.tape.size());
    head[2] = uint32_t(scan.numbers.size());
    head[3] = uint32_t(scan.floats.size());
    append(scan.numbers.data(), scan.numbers.size() * 8);
    append(scan.floats.data(), scan.floats.size() * 4);
    append(scan.tape.data(), scan.tape.size() * 4);
  }
  std::memcpy(out, head, sizeof(head));
}

}  // namespace sextant::json
