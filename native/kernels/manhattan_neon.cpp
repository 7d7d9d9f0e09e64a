// Sums of absolute differences with NEON.
#if defined(__aarch64__)
#include <cmath>

#include "half.hpp"
#include "kernels.hpp"
#include "neon.hpp"

namespace sextant {

float manhattanF32_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 8 <= dim; i += 8) {
    sum0 = vaddq_f32(sum0, vabdq_f32(vld1q_f32(query + i), vld1q_f32(values + i)));
    sum1 = vaddq_f32(sum1, vabdq_f32(vld1q_f32(query + i + 4), vld1q_f32(values + i + 4)));
  }
  float total = vaddvq_f32(vaddq_f32(sum0, sum1));
  for (; i < dim; i++) total += std::fabs(query[i] - values[i]);
  return total;
}

float manhattanF16_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float32x4_t sum = vdupq_n_f32(0);
  uint32_t i = 0;
  for (; i + 4 <= dim; i += 4) sum = vaddq_f32(sum, vabdq_f32(vld1q_f32(query + i), loadHalf4(values + i)));
  float total = vaddvq_f32(sum);
  for (; i < dim; i++) total += std::fabs(query[i] - halfToFloat(values[i]));
  return total;
}

uint32_t manhattanU8_neon(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32x4_t sum = vdupq_n_u32(0);
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) sum = vpadalq_u16(sum, vpaddlq_u8(vabdq_u8(vld1q_u8(query + i), vld1q_u8(row + i))));
  uint32_t total = vaddvq_u32(sum);
  for (; i < dim; i++) total += uint32_t(query[i] > row[i] ? query[i] - row[i] : row[i] - query[i]);
  return total;
}

}  // namespace sextant
#endif
