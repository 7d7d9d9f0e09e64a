// Sums of absolute differences with WASM SIMD128.
#if defined(__wasm_simd128__)
#include <cmath>

#include "half.hpp"
#include "kernels.hpp"
#include "wasm.hpp"

namespace sextant {

float manhattanF32_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  v128_t sum0 = wasm_f32x4_splat(0), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 8 <= dim; i += 8) {
    sum0 = wasm_f32x4_add(sum0, wasm_f32x4_abs(wasm_f32x4_sub(wasm_v128_load(query + i), wasm_v128_load(values + i))));
    sum1 = wasm_f32x4_add(sum1, wasm_f32x4_abs(wasm_f32x4_sub(wasm_v128_load(query + i + 4), wasm_v128_load(values + i + 4))));
  }
  float total = sumLanes(wasm_f32x4_add(sum0, sum1));
  for (; i < dim; i++) total += std::fabs(query[i] - values[i]);
  return total;
}

float manhattanF16_wasm(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  v128_t sum = wasm_f32x4_splat(0);
  uint32_t i = 0;
  for (; i + 4 <= dim; i += 4) sum = wasm_f32x4_add(sum, wasm_f32x4_abs(wasm_f32x4_sub(wasm_v128_load(query + i), loadHalf4(values + i))));
  float total = sumLanes(sum);
  for (; i < dim; i++) total += std::fabs(query[i] - halfToFloat(values[i]));
  return total;
}

uint32_t manhattanU8_wasm(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  v128_t sum = wasm_i32x4_splat(0);
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    v128_t a = wasm_v128_load(query + i), b = wasm_v128_load(row + i);
    v128_t d = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
    sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(d)));
  }
  uint32_t total = sumIntegers(sum);
  for (; i < dim; i++) total += uint32_t(query[i] > row[i] ? query[i] - row[i] : row[i] - query[i]);
  return total;
}

}  // namespace sextant
#endif
