// Sums of absolute differences with AVX-512.
#if defined(__x86_64__)
#include "avx512.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX512 float manhattanF32_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    sum0 = _mm512_add_ps(sum0, _mm512_abs_ps(_mm512_sub_ps(_mm512_loadu_ps(query + i), _mm512_loadu_ps(values + i))));
    sum1 = _mm512_add_ps(sum1, _mm512_abs_ps(_mm512_sub_ps(_mm512_loadu_ps(query + i + 16), _mm512_loadu_ps(values + i + 16))));
  }
  for (; i < dim; i += 16) {
    __mmask16 mask = dim - i >= 16 ? __mmask16(0xffff) : firstOf16(dim - i);
    __m512 difference = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, query + i), _mm512_maskz_loadu_ps(mask, values + i));
    sum0 = _mm512_add_ps(sum0, _mm512_abs_ps(difference));
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

SEXTANT_AVX512 float manhattanF16_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m512 sum = _mm512_setzero_ps();
  for (uint32_t i = 0; i < dim; i += 16) {
    __mmask16 mask = dim - i >= 16 ? __mmask16(0xffff) : firstOf16(dim - i);
    __m512 difference = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, query + i), loadHalf(values + i, mask));
    sum = _mm512_add_ps(sum, _mm512_abs_ps(difference));
  }
  return _mm512_reduce_add_ps(sum);
}

SEXTANT_AVX512 uint32_t manhattanU8_avx512(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  __m512i sum = _mm512_setzero_si512();
  for (uint32_t i = 0; i < dim; i += 64) {
    __mmask64 mask = dim - i >= 64 ? ~__mmask64(0) : firstOf64(dim - i);
    sum = _mm512_add_epi64(sum, _mm512_sad_epu8(_mm512_maskz_loadu_epi8(mask, query + i), _mm512_maskz_loadu_epi8(mask, row + i)));
  }
  return uint32_t(_mm512_reduce_add_epi64(sum));
}

}  // namespace sextant
#endif
