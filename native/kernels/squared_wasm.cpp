// Squared Euclidean distances with WASM SIMD128.
#if defined(__wasm_simd128__)
#include "half.hpp"
#include "kernels.hpp"
#include "wasm.hpp"

namespace sextant {

namespace {
inline v128_t addSquare(v128_t sum, v128_t a, v128_t b) {
  v128_t difference = wasm_f32x4_sub(a, b);
  return wasm_f32x4_add(sum, wasm_f32x4_mul(difference, difference));
}
}  // namespace

float squaredF32_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  v128_t sum0 = wasm_f32x4_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = addSquare(sum0, wasm_v128_load(query + i), wasm_v128_load(values + i));
    sum1 = addSquare(sum1, wasm_v128_load(query + i + 4), wasm_v128_load(values + i + 4));
    sum2 = addSquare(sum2, wasm_v128_load(query + i + 8), wasm_v128_load(values + i + 8));
    sum3 = addSquare(sum3, wasm_v128_load(query + i + 12), wasm_v128_load(values + i + 12));
  }
  float total = sumLanes(wasm_f32x4_add(wasm_f32x4_add(sum0, sum1), wasm_f32x4_add(sum2, sum3)));
  for (; i < dim; i++) total += (query[i] - values[i]) * (query[i] - values[i]);
  return total;
}

float squaredF16_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  v128_t sum = wasm_f32x4_splat(0);
  uint32_t i = 0;
  for (; i + 4 <= dim; i += 4) sum = addSquare(sum, wasm_v128_load(query + i), loadHalf4(values + i));
  float total = sumLanes(sum);
  for (; i < dim; i++) {
    float difference = query[i] - halfToFloat(values[i]);
    total += difference * difference;
  }
  return total;
}

uint32_t squaredU8_wasm(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  v128_t sum0 = wasm_i32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    v128_t a = wasm_v128_load(query + i), b = wasm_v128_load(row + i);
    v128_t d = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
    sum0 = wasm_i32x4_add(sum0, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_low_u8x16(d, d)));
    sum1 = wasm_i32x4_add(sum1, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_high_u8x16(d, d)));
  }
  uint32_t total = sumIntegers(wasm_i32x4_add(sum0, sum1));
  for (; i < dim; i++) {
    int32_t difference = int32_t(query[i]) - row[i];
    total += uint32_t(difference * difference);
  }
  return total;
}

}  // namespace sextant
#endif
