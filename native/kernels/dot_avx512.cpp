// Dot products with AVX-512.
#if defined(__x86_64__)
#include "avx512.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX512 float dotF32_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 64 <= dim; i += 64) {
    sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), _mm512_loadu_ps(values + i), sum0);
    sum1 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 16), _mm512_loadu_ps(values + i + 16), sum1);
    sum2 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 32), _mm512_loadu_ps(values + i + 32), sum2);
    sum3 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 48), _mm512_loadu_ps(values + i + 48), sum3);
  }
  for (; i + 16 <= dim; i += 16) sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), _mm512_loadu_ps(values + i), sum0);
  if (i < dim) {
    __mmask16 mask = firstOf16(dim - i);
    sum1 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, query + i), _mm512_maskz_loadu_ps(mask, values + i), sum1);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

SEXTANT_AVX512 float dotF16_avx512(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), loadHalf(values + i), sum0);
    sum1 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 16), loadHalf(values + i + 16), sum1);
  }
  for (; i < dim; i += 16) {
    __mmask16 mask = dim - i >= 16 ? __mmask16(0xffff) : firstOf16(dim - i);
    sum0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, query + i), loadHalf(values + i, mask), sum0);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

SEXTANT_AVX512 uint32_t dotU8_avx512(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  __m512i sum = _mm512_setzero_si512();
  for (uint32_t i = 0; i < dim; i += 32) {
    __mmask32 mask = dim - i >= 32 ? ~__mmask32(0) : __mmask32((uint32_t(1) << (dim - i)) - 1);
    __m512i a = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, query + i));
    __m512i b = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, row + i));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  return uint32_t(_mm512_reduce_add_epi32(sum));
}

SEXTANT_AVX512 int32_t dotCode_avx512(const int8_t* query, const uint8_t* row, uint32_t dim) {
  __m512i sum = _mm512_setzero_si512();
  for (uint32_t i = 0; i < dim; i += 32) {
    __mmask32 mask = dim - i >= 32 ? ~__mmask32(0) : __mmask32((uint32_t(1) << (dim - i)) - 1);
    __m512i a = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, query + i));
    __m512i b = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, row + i));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  return _mm512_reduce_add_epi32(sum);
}

SEXTANT_VNNI uint32_t dotU8_vnni(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  // The instruction wants one signed side: sum q*r = sum q*(r-128) + 128 * sum q.
  const __m512i flip = _mm512_set1_epi8(char(0x80)), one = _mm512_set1_epi8(1);
  __m512i sum = _mm512_setzero_si512(), querySum = sum;
  for (uint32_t i = 0; i < dim; i += 64) {
    __mmask64 mask = dim - i >= 64 ? ~__mmask64(0) : firstOf64(dim - i);
    __m512i q = _mm512_maskz_loadu_epi8(mask, query + i);
    __m512i r = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, row + i), flip);
    sum = _mm512_dpbusd_epi32(sum, q, r);
    querySum = _mm512_dpbusd_epi32(querySum, q, one);
  }
  return uint32_t(_mm512_reduce_add_epi32(_mm512_add_epi32(sum, _mm512_slli_epi32(querySum, 7))));
}

SEXTANT_VNNI int32_t dotCode_vnni(const int8_t* query, const uint8_t* row, uint32_t dim) {
  __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 128 <= dim; i += 128) {
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(row + i), _mm512_loadu_si512(query + i));
    sum1 = _mm512_dpbusd_epi32(sum1, _mm512_loadu_si512(row + i + 64), _mm512_loadu_si512(query + i + 64));
  }
  for (; i < dim; i += 64) {
    __mmask64 mask = dim - i >= 64 ? ~__mmask64(0) : firstOf64(dim - i);
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_maskz_loadu_epi8(mask, row + i), _mm512_maskz_loadu_epi8(mask, query + i));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(sum0, sum1));
}

SEXTANT_AVX512 int32_t dotCentred_avx512(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const __m512i zero = _mm512_set1_epi16(128);
  __m512i sum = _mm512_setzero_si512();
  for (uint32_t i = 0; i < dim; i += 32) {
    __mmask32 mask = dim - i >= 32 ? ~__mmask32(0) : __mmask32((uint32_t(1) << (dim - i)) - 1);
    // Lanes beyond the end become zero after the subtraction.
    __m512i a = _mm512_maskz_sub_epi16(mask, _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, query + i)), zero);
    __m512i b = _mm512_sub_epi16(_mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, row + i)), zero);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  return _mm512_reduce_add_epi32(sum);
}

SEXTANT_VNNI int32_t dotCentred_vnni(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  // sum (q-128)(r-128) = sum (q-128) r - 128 sum (q-128); flipping the top bit of q makes q-128 as a signed byte.
  const __m512i flip = _mm512_set1_epi8(char(0x80)), one = _mm512_set1_epi8(1);
  __m512i sum = _mm512_setzero_si512(), querySum = sum;
  uint32_t i = 0;
  for (; i + 64 <= dim; i += 64) {
    __m512i q = _mm512_xor_si512(_mm512_loadu_si512(query + i), flip);
    sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row + i), q);
    querySum = _mm512_dpbusd_epi32(querySum, one, q);
  }
  if (i < dim) {
    __mmask64 mask = firstOf64(dim - i);
    __m512i q = _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, query + i), flip));
    sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi8(mask, row + i), q);
    querySum = _mm512_dpbusd_epi32(querySum, one, q);
  }
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, _mm512_slli_epi32(querySum, 7)));
}

}  // namespace sextant
#endif
