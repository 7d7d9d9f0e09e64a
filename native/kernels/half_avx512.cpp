// Half precision conversions with AVX-512.
#if defined(__x86_64__)
#include "avx512.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX512 void toHalf_avx512(const float* from, uint16_t* to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 mask = n - i >= 16 ? __mmask16(0xffff) : firstOf16(uint32_t(n - i));
    __m256i half = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(mask, from + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_mask_storeu_epi16(to + i, mask, half);
  }
}

SEXTANT_AVX512 void fromHalf_avx512(const uint16_t* from, float* to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 mask = n - i >= 16 ? __mmask16(0xffff) : firstOf16(uint32_t(n - i));
    _mm512_mask_storeu_ps(to + i, mask, loadHalf(from + i, mask));
  }
}

}  // namespace sextant
#endif
