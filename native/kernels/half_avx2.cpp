// Half precision conversions with F16C.
#if defined(__x86_64__)
#include "avx2.hpp"
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX2 void toHalf_avx2(const float* from, uint16_t* to, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), half);
  }
  for (; i < n; i++) to[i] = floatToHalf(from[i]);
}

SEXTANT_AVX2 void fromHalf_avx2(const uint16_t* from, float* to, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, loadHalf8(from + i));
  for (; i < n; i++) to[i] = halfToFloat(from[i]);
}

}  // namespace sextant
#endif
