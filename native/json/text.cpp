#include "text.hpp"

#include <initializer_list>

#include "number.hpp"

namespace sextant::json {
namespace {

// The high bit of the first byte (at least) that is a quote, a backslash, a control character or not ASCII.
inline uint64_t special8(uint64_t word) noexcept {
  constexpr uint64_t ones = 0x0101010101010101;
  uint64_t quote = (word ^ ones * '"') - ones;
  uint64_t slash = (word ^ ones * '\\') - ones;
  uint64_t control = word - ones * 0x20;
  return (quote | slash | control | word) & ones * 0x80;
}

inline bool isContinuation(uint8_t byte) noexcept { return (byte & 0xc0) == 0x80; }

// Bytes of the well-formed character at `p` (RFC 3629: no surrogates, no overlong forms), or 0.
inline size_t utf8Length(const uint8_t* p, const uint8_t* end) noexcept {
  size_t room = size_t(end - p);
  uint8_t first = p[0];
  if (first >= 0xc2 && first <= 0xdf) return room >= 2 && isContinuation(p[1]) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    if (room < 3 || !isContinuation(p[1]) || !isContinuation(p[2])) return 0;
    bool overlong = first == 0xe0 && p[1] < 0xa0;
    bool surrogate = first == 0xed && p[1] > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (room < 4 || !isContinuation(p[1]) || !isContinuation(p[2]) || !isContinuation(p[3])) return 0;
    bool overlong = first == 0xf0 && p[1] < 0x90;
    bool beyond = first == 0xf4 && p[1] > 0x8f;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

inline int hexDigit(uint8_t byte) noexcept {
  if (isDigit(byte)) return byte - '0';
  uint8_t letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// Four hex digits at `p`, which ends behind them.
TextError readHex(const uint8_t*& p, const uint8_t* end, uint32_t& out) noexcept {
  out = 0;
  for (int i = 0; i < 4; i++, p++) {
    if (p == end) return TextError::ended;
    int digit = hexDigit(*p);
    if (digit < 0) return TextError::escape;
    out = out * 16 + uint32_t(digit);
  }
  return TextError::none;
}

// The escape whose backslash is at `p`, which ends behind it; a pair of surrogates counts as one.
TextError readEscape(const uint8_t*& p, const uint8_t* end, uint32_t& out) noexcept {
  if (++p == end) return TextError::ended;
  switch (*p) {
    case '"': case '\\': case '/': out = *p++; return TextError::none;
    case 'b': out = '\b'; p++; return TextError::none;
    case 'f': out = '\f'; p++; return TextError::none;
    case 'n': out = '\n'; p++; return TextError::none;
    case 'r': out = '\r'; p++; return TextError::none;
    case 't': out = '\t'; p++; return TextError::none;
    case 'u': p++; break;
    default: return TextError::escape;
  }
  TextError error = readHex(p, end, out);
  if (error != TextError::none) return error;
  if (out < 0xd800 || out > 0xdfff) return TextError::none;
  if (out >= 0xdc00) {
    p--;
    return TextError::lone;
  }
  for (char expected : {'\\', 'u'}) {
    if (p == end) return TextError::ended;
    if (*p != expected) return TextError::hexEnd;
    p++;
  }
  uint32_t low = 0;
  error = readHex(p, end, low);
  if (error != TextError::none) return error;
  if (low < 0xdc00 || low > 0xdfff) {
    p--;
    return TextError::lone;
  }
  out = 0x10000 + ((out - 0xd800) << 10) + (low - 0xdc00);
  return TextError::none;
}

size_t encode(uint32_t code, uint8_t* out) noexcept {
  if (code < 0x80) return out[0] = uint8_t(code), 1;
  if (code < 0x800) return out[0] = uint8_t(0xc0 | code >> 6), out[1] = uint8_t(0x80 | (code & 0x3f)), 2;
  if (code < 0x10000) {
    out[0] = uint8_t(0xe0 | code >> 12);
    out[1] = uint8_t(0x80 | (code >> 6 & 0x3f));
    return out[2] = uint8_t(0x80 | (code & 0x3f)), 3;
  }
  out[0] = uint8_t(0xf0 | code >> 18);
  out[1] = uint8_t(0x80 | (code >> 12 & 0x3f));
  out[2] = uint8_t(0x80 | (code >> 6 & 0x3f));
  return out[3] = uint8_t(0x80 | (code & 0x3f)), 4;
}

}  // namespace

TextError readText(const uint8_t*& p, const uint8_t* end, Text& out) noexcept {
  out = {++p, nullptr, true, false};
  for (;;) {
    while (end - p >= 8) {
      uint64_t special = special8(load8(p));
      if (special != 0) {
        p += __builtin_ctzll(special) >> 3;
        break;
      }
      p += 8;
    }
    if (p == end) return TextError::ended;
    uint8_t byte = *p;
    if (byte == '"') {
      out.end = p++;
      return TextError::none;
    }
    if (byte >= 0x80) {
      size_t length = utf8Length(p, end);
      if (length == 0) return TextError::utf8;
      p += length;
      out.ascii = false;
    } else if (byte == '\\') {
      uint32_t code;
      TextError error = readEscape(p, end, code);
      if (error != TextError::none) return error;
      out.escaped = true;
    } else if (byte < 0x20) {
      return TextError::control;
    } else {
      p++;
    }
  }
}

size_t resolve(const Text& text, uint8_t* out, size_t room) noexcept {
  size_t length = 0;
  for (const uint8_t* p = text.start; p != text.end;) {
    uint8_t bytes[4] = {*p};
    size_t more = 1;
    if (*p != '\\') {
      p++;
    } else {
      uint32_t code;
      if (readEscape(p, text.end, code) != TextError::none) return room + 1;
      more = encode(code, bytes);
    }
    if (more > room - length) return room + 1;
    for (size_t i = 0; i < more; i++) out[length++] = bytes[i];
  }
  return length;
}

}  // namespace sextant::json
