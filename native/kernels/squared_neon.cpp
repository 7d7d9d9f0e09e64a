// Squared Euclidean distances with NEON.
#if defined(__aarch64__)
#include "half.hpp"
#include "kernels.hpp"
#include "neon.hpp"

namespace sextant {

namespace {
inline float32x4_t addSquare(float32x4_t sum, float32x4_t a, float32x4_t b) {
  float32x4_t difference = vsubq_f32(a, b);
  return vfmaq_f32(sum, difference, difference);
}
}  // namespace

float squaredF32_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = addSquare(sum0, vld1q_f32(query + i), vld1q_f32(values + i));
    sum1 = addSquare(sum1, vld1q_f32(query + i + 4), vld1q_f32(values + i + 4));
    sum2 = addSquare(sum2, vld1q_f32(query + i + 8), vld1q_f32(values + i + 8));
    sum3 = addSquare(sum3, vld1q_f32(query + i + 12), vld1q_f32(values + i + 12));
  }
  float total = vaddvq_f32(vaddq_f32(vaddq_f32(sum0, sum1), vaddq_f32(sum2, sum3)));
  for (; i < dim; i++) total += (query[i] - values[i]) * (query[i] - values[i]);
  return total;
}

float squaredF16_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float32x4_t sum = vdupq_n_f32(0);
  uint32_t i = 0;
  for (; i + 4 <= dim; i += 4) sum = addSquare(sum, vld1q_f32(query + i), loadHalf4(values + i));
  float total = vaddvq_f32(sum);
  for (; i < dim; i++) {
    float difference = query[i] - halfToFloat(values[i]);
    total += difference * difference;
  }
  return total;
}

uint32_t squaredU8_neon(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32x4_t sum0 = vdupq_n_u32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    uint8x16_t d = vabdq_u8(vld1q_u8(query + i), vld1q_u8(row + i));
    sum0 = vpadalq_u16(sum0, vmull_u8(vget_low_u8(d), vget_low_u8(d)));
    sum1 = vpadalq_u16(sum1, vmull_high_u8(d, d));
  }
  uint32_t total = vaddvq_u32(vaddq_u32(sum0, sum1));
  for (; i < dim; i++) {
    int32_t difference = int32_t(query[i]) - row[i];
    total += uint32_t(difference * difference);
  }
  return total;
}

}  // namespace sextant
#endif
