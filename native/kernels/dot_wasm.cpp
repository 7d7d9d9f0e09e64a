// Dot products with WASM SIMD128.
#if defined(__wasm_simd128__)
#include "half.hpp"
#include "kernels.hpp"
#include "wasm.hpp"

namespace sextant {

float dotF32_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  v128_t sum0 = wasm_f32x4_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = wasm_f32x4_add(sum0, wasm_f32x4_mul(wasm_v128_load(query + i), wasm_v128_load(values + i)));
    sum1 = wasm_f32x4_add(sum1, wasm_f32x4_mul(wasm_v128_load(query + i + 4), wasm_v128_load(values + i + 4)));
    sum2 = wasm_f32x4_add(sum2, wasm_f32x4_mul(wasm_v128_load(query + i + 8), wasm_v128_load(values + i + 8)));
    sum3 = wasm_f32x4_add(sum3, wasm_f32x4_mul(wasm_v128_load(query + i + 12), wasm_v128_load(values + i + 12)));
  }
  float total = sumLanes(wasm_f32x4_add(wasm_f32x4_add(sum0, sum1), wasm_f32x4_add(sum2, sum3)));
  for (; i < dim; i++) total += query[i] * values[i];
  return total;
}

float dotF16_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  v128_t sum0 = wasm_f32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 8 <= dim; i += 8) {
    sum0 = wasm_f32x4_add(sum0, wasm_f32x4_mul(wasm_v128_load(query + i), loadHalf4(values + i)));
    sum1 = wasm_f32x4_add(sum1, wasm_f32x4_mul(wasm_v128_load(query + i + 4), loadHalf4(values + i + 4)));
  }
  float total = sumLanes(wasm_f32x4_add(sum0, sum1));
  for (; i < dim; i++) total += query[i] * halfToFloat(values[i]);
  return total;
}

uint32_t dotU8_wasm(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  v128_t sum0 = wasm_i32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    v128_t a = wasm_v128_load(query + i), b = wasm_v128_load(row + i);
    sum0 = wasm_i32x4_add(sum0, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_low_u8x16(a, b)));
    sum1 = wasm_i32x4_add(sum1, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_high_u8x16(a, b)));
  }
  uint32_t total = sumIntegers(wasm_i32x4_add(sum0, sum1));
  for (; i < dim; i++) total += uint32_t(query[i]) * row[i];
  return total;
}

int32_t dotCode_wasm(const int8_t* query, const uint8_t* row, uint32_t dim) {
  v128_t sum0 = wasm_i32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    v128_t a = wasm_v128_load(query + i), b = wasm_v128_load(row + i);
    sum0 = wasm_i32x4_add(sum0, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(a), wasm_u16x8_extend_low_u8x16(b)));
    sum1 = wasm_i32x4_add(sum1, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(a), wasm_u16x8_extend_high_u8x16(b)));
  }
  int32_t total = int32_t(sumIntegers(wasm_i32x4_add(sum0, sum1)));
  for (; i < dim; i++) total += int32_t(query[i]) * row[i];
  return total;
}

int32_t dotCentred_wasm(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const v128_t flip = wasm_i8x16_splat(int8_t(-128));
  v128_t sum0 = wasm_i32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    v128_t a = wasm_v128_xor(wasm_v128_load(query + i), flip), b = wasm_v128_xor(wasm_v128_load(row + i), flip);
    sum0 = wasm_i32x4_add(sum0, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_low_i8x16(a, b)));
    sum1 = wasm_i32x4_add(sum1, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extmul_high_i8x16(a, b)));
  }
  int32_t total = int32_t(sumIntegers(wasm_i32x4_add(sum0, sum1)));
  for (; i < dim; i++) total += (int32_t(query[i]) - 128) * (int32_t(row[i]) - 128);
  return total;
}

}  // namespace sextant
#endif
