// IEEE half precision in plain integer arithmetic.
#pragma once
#include <cstdint>
#include <cstring>

namespace sextant {

inline float halfToFloat(uint16_t half) noexcept {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 31, mantissa = half & 1023;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000 | (mantissa << 13);
  } else if (exponent != 0) {
    bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
  } else {
    float tiny = float(mantissa) * 5.9604644775390625e-8f;  // 2^-24, exact
    memcpy(&bits, &tiny, 4);
    bits |= sign;
  }
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Round to nearest even.
inline uint16_t floatToHalf(float value) noexcept {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint16_t sign = uint16_t((bits >> 16) & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return uint16_t(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));  // NaN stays one
  if (magnitude >= 0x47800000) return uint16_t(sign | 0x7c00);                                  // >= 65536
  if (magnitude < 0x38800000) {  // below 2^-14: the sum's own rounding does the work
    float shifted;
    memcpy(&shifted, &magnitude, 4);
    shifted += 0.5f;
    uint32_t rounded;
    memcpy(&rounded, &shifted, 4);
    return uint16_t(sign | (rounded - 0x3f000000));
  }
  uint32_t odd = (magnitude >> 13) & 1;
  magnitude += 0xfff + odd;
  return uint16_t(sign | ((magnitude - 0x38000000) >> 13));
}

}  // namespace sextant
