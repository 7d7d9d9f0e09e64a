// Shared by the WASM SIMD128 files: horizontal sums and half precision loads. Built with -msimd128.
#pragma once
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include <cstdint>

namespace sextant {

inline float sumLanes(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) + (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}
inline uint32_t sumIntegers(v128_t v) {
  return uint32_t(wasm_i32x4_extract_lane(v, 0)) + uint32_t(wasm_i32x4_extract_lane(v, 1)) + uint32_t(wasm_i32x4_extract_lane(v, 2)) +
         uint32_t(wasm_i32x4_extract_lane(v, 3));
}

// Four halves to floats: the exponent is moved by a multiplication, which also makes subnormals right; infinities and
// NaN are put back by a mask.
inline v128_t loadHalf4(const uint16_t* at) {
  v128_t half = wasm_u32x4_load16x4(at);
  v128_t sign = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x8000)), 16);
  v128_t magnitude = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x7fff)), 13);
  v128_t value = wasm_f32x4_mul(magnitude, wasm_f32x4_splat(0x1p112f));
  v128_t special = wasm_i32x4_ge(magnitude, wasm_i32x4_splat(0x0f800000));
  return wasm_v128_or(sign, wasm_v128_or(value, wasm_v128_and(special, wasm_i32x4_splat(0x7f800000))));
}

}  // namespace sextant
#endif
