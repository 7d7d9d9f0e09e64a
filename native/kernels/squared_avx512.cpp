// Squared Euclidean distances with AVX-512.
#if defined(__x86_64__)
#include "avx512.hpp"
#include "kernels.hpp"

namespace sextant {

namespace {
SEXTANT_AVX512 inline __m512 addSquare(__m512 sum, __m512 a, __m512 b) {
  __m512 difference = _mm512_sub_ps(a, b);
  return _mm512_fmadd_ps(difference, difference, sum);
}
}  // namespace

SEXTANT_AVX512 float squaredF32_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 64 <= dim; i += 64) {
    sum0 = addSquare(sum0, _mm512_loadu_ps(query + i), _mm512_loadu_ps(values + i));
    sum1 = addSquare(sum1, _mm512_loadu_ps(query + i + 16), _mm512_loadu_ps(values + i + 16));
    sum2 = addSquare(sum2, _mm512_loadu_ps(query + i + 32), _mm512_loadu_ps(values + i + 32));
    sum3 = addSquare(sum3, _mm512_loadu_ps(query + i + 48), _mm512_loadu_ps(values + i + 48));
  }
  for (; i < dim; i += 16) {
    __mmask16 mask = dim - i >= 16 ? __mmask16(0xffff) : firstOf16(dim - i);
    sum0 = addSquare(sum0, _mm512_maskz_loadu_ps(mask, query + i), _mm512_maskz_loadu_ps(mask, values + i));
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

SEXTANT_AVX512 float squaredF16_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    sum0 = addSquare(sum0, _mm512_loadu_ps(query + i), loadHalf(values + i));
    sum1 = addSquare(sum1, _mm512_loadu_ps(query + i + 16), loadHalf(values + i + 16));
  }
  for (; i < dim; i += 16) {
    __mmask16 mask = dim - i >= 16 ? __mmask16(0xffff) : firstOf16(dim - i);
    sum0 = addSquare(sum0, _mm512_maskz_loadu_ps(mask, query + i), loadHalf(values + i, mask));
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

SEXTANT_AVX512 uint32_t squaredU8_avx512(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i sum = zero;
  for (uint32_t i = 0; i < dim; i += 64) {
    __mmask64 mask = dim - i >= 64 ? ~__mmask64(0) : firstOf64(dim - i);
    __m512i d = absoluteDifference(_mm512_maskz_loadu_epi8(mask, query + i), _mm512_maskz_loadu_epi8(mask, row + i));
    __m512i low = _mm512_unpacklo_epi8(d, zero), high = _mm512_unpackhi_epi8(d, zero);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(low, low));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(high, high));
  }
  return uint32_t(_mm512_reduce_add_epi32(sum));
}

SEXTANT_VNNI uint32_t squaredU8_vnni(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i sum0 = zero, sum1 = zero;
  for (uint32_t i = 0; i < dim; i += 64) {
    __mmask64 mask = dim - i >= 64 ? ~__mmask64(0) : firstOf64(dim - i);
    __m512i d = absoluteDifference(_mm512_maskz_loadu_epi8(mask, query + i), _mm512_maskz_loadu_epi8(mask, row + i));
    __m512i low = _mm512_unpacklo_epi8(d, zero), high = _mm512_unpackhi_epi8(d, zero);
    sum0 = _mm512_dpwssd_epi32(sum0, low, low);
    sum1 = _mm512_dpwssd_epi32(sum1, high, high);
  }
  return uint32_t(_mm512_reduce_add_epi32(_mm512_add_epi32(sum0, sum1)));
}

}  // namespace sextant
#endif
