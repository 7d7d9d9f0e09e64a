// Half precision conversions with WASM SIMD128. Writing is rare: it stays scalar.
#if defined(__wasm_simd128__)
#include "half.hpp"
#include "kernels.hpp"
#include "wasm.hpp"

namespace sextant {

void toHalf_wasm(const float* from, uint16_t* to, size_t n) { toHalf_scalar(from, to, n); }

void fromHalf_wasm(const uint16_t* from, float* to, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) wasm_v128_store(to + i, loadHalf4(from + i));
  for (; i < n; i++) to[i] = halfToFloat(from[i]);
}

}  // namespace sextant
#endif
