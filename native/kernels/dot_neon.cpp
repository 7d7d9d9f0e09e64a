// Dot products with NEON.
#if defined(__aarch64__)
#include "half.hpp"
#include "kernels.hpp"
#include "neon.hpp"

namespace sextant {

float dotF32_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = vfmaq_f32(sum0, vld1q_f32(query + i), vld1q_f32(values + i));
    sum1 = vfmaq_f32(sum1, vld1q_f32(query + i + 4), vld1q_f32(values + i + 4));
    sum2 = vfmaq_f32(sum2, vld1q_f32(query + i + 8), vld1q_f32(values + i + 8));
    sum3 = vfmaq_f32(sum3, vld1q_f32(query + i + 12), vld1q_f32(values + i + 12));
  }
  float total = vaddvq_f32(vaddq_f32(vaddq_f32(sum0, sum1), vaddq_f32(sum2, sum3)));
  for (; i < dim; i++) total += query[i] * values[i];
  return total;
}

float dotF16_neon(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 8 <= dim; i += 8) {
    sum0 = vfmaq_f32(sum0, vld1q_f32(query + i), loadHalf4(values + i));
    sum1 = vfmaq_f32(sum1, vld1q_f32(query + i + 4), loadHalf4(values + i + 4));
  }
  float total = vaddvq_f32(vaddq_f32(sum0, sum1));
  for (; i < dim; i++) total += query[i] * halfToFloat(values[i]);
  return total;
}

uint32_t dotU8_neon(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32x4_t sum0 = vdupq_n_u32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    uint8x16_t a = vld1q_u8(query + i), b = vld1q_u8(row + i);
    sum0 = vpadalq_u16(sum0, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
    sum1 = vpadalq_u16(sum1, vmull_high_u8(a, b));
  }
  uint32_t total = vaddvq_u32(vaddq_u32(sum0, sum1));
  for (; i < dim; i++) total += uint32_t(query[i]) * row[i];
  return total;
}

int32_t dotCode_neon(const int8_t* query, const uint8_t* row, uint32_t dim) {
  int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    int8x16_t a = vld1q_s8(query + i);
    uint8x16_t b = vld1q_u8(row + i);
    int16x8_t aLow = vmovl_s8(vget_low_s8(a)), aHigh = vmovl_high_s8(a);
    int16x8_t bLow = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(b))), bHigh = vreinterpretq_s16_u16(vmovl_high_u8(b));
    sum0 = vmlal_s16(sum0, vget_low_s16(aLow), vget_low_s16(bLow));
    sum1 = vmlal_high_s16(sum1, aLow, bLow);
    sum0 = vmlal_s16(sum0, vget_low_s16(aHigh), vget_low_s16(bHigh));
    sum1 = vmlal_high_s16(sum1, aHigh, bHigh);
  }
  int32_t total = vaddvq_s32(vaddq_s32(sum0, sum1));
  for (; i < dim; i++) total += int32_t(query[i]) * row[i];
  return total;
}

int32_t dotCentred_neon(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const uint8x16_t flip = vdupq_n_u8(0x80);
  int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    int8x16_t a = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(query + i), flip));
    int8x16_t b = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row + i), flip));
    sum0 = vpadalq_s16(sum0, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    sum1 = vpadalq_s16(sum1, vmull_high_s8(a, b));
  }
  int32_t total = vaddvq_s32(vaddq_s32(sum0, sum1));
  for (; i < dim; i++) total += (int32_t(query[i]) - 128) * (int32_t(row[i]) - 128);
  return total;
}

}  // namespace sextant
#endif
