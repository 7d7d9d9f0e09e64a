// Numbers of RFC 8259, equal to JavaScript's Number(text) and Math.fround(Number(text)) to the last bit.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sextant::json {

// A number's text taken apart: value = (negative ? -1 : 1) x digits x 10^exponent, where `digits` are the first 19
// significant ones; `exact` says that there are no more.
struct Decimal {
  const uint8_t* start;
  const uint8_t* end;
  uint64_t digits;
  int64_t exponent;
  bool negative;
  bool exact;
  bool integer;  // neither fraction nor exponent
};

enum class NumberError : uint8_t { none, invalid, ended };

// Reads the number at `p` (anything may stand there). On success `p` is behind it; otherwise `p` is on the offending
// byte, and `ended` tells that a digit was missing at the end of the text after a point or an exponent.
inline NumberError readNumber(const uint8_t*& p, const uint8_t* end, Decimal& out) noexcept;

// Each adds one to `slow` when it cannot take the fast way, which costs ten times as much.
double toDouble(const Decimal&, uint32_t& slow) noexcept;
// Math.fround(Number(text)).
inline float toFloat(const Decimal&, uint32_t& slow) noexcept;
float toFloatSlowly(const Decimal&, uint32_t& slow) noexcept;
// False when the nearest double is infinite.
bool isFinite(const Decimal&, uint32_t& slow) noexcept;
// An integer beyond 2^53-1 that fits a signed or unsigned 64-bit word.
bool isBigInteger(const Decimal&) noexcept;
// The slow part of readNumber: more than 19 digits, perhaps with zeros in front.
void takeLongDigits(const uint8_t* p, const uint8_t* end, Decimal& out) noexcept;

inline bool isDigit(uint8_t byte) noexcept { return uint8_t(byte - '0') < 10; }

inline uint64_t load8(const uint8_t* p) noexcept {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

// Each byte within '0'..'9': adding 0x46 carries into the high bit from ':' up, subtracting 0x30 borrows below '0'.
inline bool areDigits8(uint64_t word) noexcept {
  return (((word + 0x4646464646464646) | (word - 0x3030303030303030)) & 0x8080808080808080) == 0;
}

// Eight digits, the first in the lowest byte: pairs, then fours, then all.
inline uint64_t value8(uint64_t word) noexcept {
  word -= 0x3030303030303030;
  word = word * 10 + (word >> 8);
  return (((word & 0x000000ff000000ff) * 0x000f424000000064 + ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32) &
         0xffffffff;
}

inline NumberError missingDigit(const uint8_t* p, const uint8_t* end) noexcept {
  return p == end ? NumberError::ended : NumberError::invalid;
}

inline NumberError readNumber(const uint8_t*& p, const uint8_t* end, Decimal& out) noexcept {
  out.start = p;
  out.negative = p != end && *p == '-';
  if (out.negative) p++;
  if (p == end || !isDigit(*p)) return NumberError::invalid;
  const uint8_t* first = p;
  uint64_t digits = 0;
  while (p != end && isDigit(*p)) digits = digits * 10 + (*p++ - '0');
  if (*first == '0' && p - first > 1) {
    p = first + 1;
    return NumberError::invalid;
  }
  ptrdiff_t count = p - first;
  int64_t exponent = 0;
  out.integer = true;
  if (p != end && *p == '.') {
    const uint8_t* fraction = ++p;
    while (end - p >= 8) {
      uint64_t word = load8(p);
      if (!areDigits8(word)) break;
      digits = digits * 100000000 + value8(word);
      p += 8;
    }
    while (p != end && isDigit(*p)) digits = digits * 10 + (*p++ - '0');
    if (p == fraction) return missingDigit(p, end);
    exponent = fraction - p;
    count += p - fraction;
    out.integer = false;
  }
  const uint8_t* digitsEnd = p;
  int64_t written = 0;
  if (p != end && (*p | 0x20) == 'e') {
    p++;
    bool down = p != end && *p == '-';
    if (p != end && (*p == '-' || *p == '+')) p++;
    if (p == end || !isDigit(*p)) return missingDigit(p, end);
    // Beyond a hundred million no count of digits in a body can bring the value back into range.
    for (; p != end && isDigit(*p); p++) written = written < 1000000000 ? written * 10 + (*p - '0') : written;
    if (down) written = -written;
    out.integer = false;
  }
  out.end = p;
  out.digits = digits;
  out.exponent = exponent + written;
  if (count > 19 && *first == '0') {
    for (const uint8_t* zero = first; zero != digitsEnd && (*zero == '0' || *zero == '.'); zero++) count -= *zero == '0';
  }
  out.exact = count <= 19;
  if (!out.exact) {
    out.exponent = written;
    takeLongDigits(first, digitsEnd, out);
  }
  return NumberError::none;
}

// 10^-64 .. 10^38, each the nearest double.
extern const double powersOfTen[103];

inline float toFloat(const Decimal& decimal, uint32_t& slow) noexcept {
  if (decimal.digits == 0) return decimal.negative ? -0.0f : 0.0f;
  // The product below is within 2 units in the last place of the true value, so rounding it to f32 can differ from
  // rounding the nearest double only when it lies next to the middle between two f32: 29 bits of 1000...0.
  if (decimal.exponent >= -64 && decimal.exponent <= 38) {
    double value = double(decimal.digits) * powersOfTen[decimal.exponent + 64];
    uint64_t bits = std::bit_cast<uint64_t>(value);
    bool inRange = value >= 0x1p-125 && value <= 0x1p127;
    bool nearMiddle = ((bits + 16 - 0x10000000) & 0x1fffffff) <= 32;
    if (inRange && !nearMiddle) [[likely]] {
      float narrow = float(value);
      return decimal.negative ? -narrow : narrow;
    }
  }
  return toFloatSlowly(decimal, slow);
}

}  // namespace sextant::json
