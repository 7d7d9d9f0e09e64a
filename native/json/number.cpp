#include "number.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace sextant::json {

const double powersOfTen[103] = {
    1e-64, 1e-63, 1e-62, 1e-61, 1e-60, 1e-59, 1e-58, 1e-57, 1e-56, 1e-55, 1e-54, 1e-53,
    1e-52, 1e-51, 1e-50, 1e-49, 1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41,
    1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35, 1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29,
    1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1e-17,
    1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5,
    1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38,
};

namespace {

constexpr uint64_t safeIntegerMax = (uint64_t(1) << 53) - 1;
// No double needs more digits to be told from its neighbours' middle (767), once a non-zero rest is marked by one more.
constexpr int significantMax = 800;

// The nearest double, whatever the length: hands strtod an integer and an exponent, which no locale changes.
double readSlowly(const Decimal& decimal) noexcept {
  char text[significantMax + 40];
  int length = 0;
  int64_t exponent = 0;
  bool point = false;
  bool rest = false;
  const uint8_t* p = decimal.start + (decimal.negative ? 1 : 0);
  for (; p != decimal.end && (*p == '.' || isDigit(*p)); p++) {
    if (*p == '.') {
      point = true;
      continue;
    }
    if (length == 0 && *p == '0') {
      exponent -= point;
    } else if (length < significantMax) {
      text[length++] = char(*p);
      exponent -= point;
    } else {
      rest = rest || *p != '0';
      exponent += !point;
    }
  }
  if (length == 0) return 0;
  if (rest) {
    text[length++] = '1';
    exponent--;
  }
  // What is left is the written exponent: `decimal.exponent` counts it together with the digits it kept.
  int64_t written = 0;
  if (p != decimal.end) {
    bool down = p[1] == '-';
    p += p[1] == '-' || p[1] == '+' ? 2 : 1;
    for (; p != decimal.end; p++) written = written < 1000000000 ? written * 10 + (*p - '0') : written;
    if (down) written = -written;
  }
  exponent += written;
  if (exponent < -2000) return 0;
  if (exponent > 400) return std::numeric_limits<double>::infinity();
  snprintf(text + length, sizeof(text) - size_t(length), "e%d", int(exponent));
  return std::strtod(text, nullptr);
}

}  // namespace

void takeLongDigits(const uint8_t* p, const uint8_t* end, Decimal& out) noexcept {
  uint64_t digits = 0;
  int count = 0;
  int64_t exponent = 0;
  bool point = false;
  bool exact = true;
  for (; p != end; p++) {
    if (*p == '.') {
      point = true;
    } else if (count < 19) {
      digits = digits * 10 + (*p - '0');
      count += digits != 0;
      exponent -= point;
    } else {
      exact = exact && *p == '0';
      exponent += !point;
    }
  }
  out.digits = digits;
  out.exact = exact;
  out.exponent += exponent;
}

double toDouble(const Decimal& decimal, uint32_t& slow) noexcept {
  // Clinger's fast path: both operands are exact doubles, so the one rounding is the right one.
  double value;
  if (decimal.exact && decimal.digits <= safeIntegerMax + 1 && decimal.exponent >= -22 && decimal.exponent <= 22) {
    double digits = double(decimal.digits);
    value = decimal.exponent < 0 ? digits / powersOfTen[64 - decimal.exponent] : digits * powersOfTen[64 + decimal.exponent];
  } else if (decimal.digits == 0) {
    value = 0;
  } else {
    slow++;
    value = readSlowly(decimal);
  }
  return decimal.negative ? -value : value;
}

float toFloatSlowly(const Decimal& decimal, uint32_t& slow) noexcept {
  double value = toDouble(decimal, slow);
  // From the middle above the greatest f32 the rounding is to infinity; C++ leaves such a conversion undefined.
  if (std::fabs(value) >= 0x1.ffffffp127) return std::copysign(std::numeric_limits<float>::infinity(), float(value > 0 ? 1 : -1));
  return float(value);
}

bool isFinite(const Decimal& decimal, uint32_t& slow) noexcept {
  if (decimal.digits == 0 || decimal.exponent <= 280) return true;
  slow++;
  return std::isfinite(readSlowly(decimal));
}

bool isBigInteger(const Decimal& decimal) noexcept {
  if (!decimal.integer || decimal.end - decimal.start > 20) return false;
  uint64_t value = 0;
  for (const uint8_t* p = decimal.start + (decimal.negative ? 1 : 0); p != decimal.end; p++) {
    if (__builtin_mul_overflow(value, uint64_t(10), &value) || __builtin_add_overflow(value, uint64_t(*p - '0'), &value)) return false;
  }
  return value > safeIntegerMax && (!decimal.negative || value <= uint64_t(1) << 63);
}

}  // namespace sextant::json
