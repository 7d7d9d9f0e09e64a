// Dot products with AVX2 and FMA.
#if defined(__x86_64__)
#include "avx2.hpp"
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX2 float dotF32_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i), _mm256_loadu_ps(values + i), sum0);
    sum1 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 8), _mm256_loadu_ps(values + i + 8), sum1);
    sum2 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 16), _mm256_loadu_ps(values + i + 16), sum2);
    sum3 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 24), _mm256_loadu_ps(values + i + 24), sum3);
  }
  for (; i + 8 <= dim; i += 8) sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i), _mm256_loadu_ps(values + i), sum0);
  float total = sumLanes(_mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3)));
  for (; i < dim; i++) total += query[i] * values[i];
  return total;
}

SEXTANT_AVX2 float dotF16_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i), loadHalf8(values + i), sum0);
    sum1 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 8), loadHalf8(values + i + 8), sum1);
  }
  float total = sumLanes(_mm256_add_ps(sum0, sum1));
  for (; i < dim; i++) total += query[i] * halfToFloat(values[i]);
  return total;
}

SEXTANT_AVX2 uint32_t dotU8_avx2(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  __m256i sum = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(loadBytes16(query + i), loadBytes16(row + i)));
  uint32_t total = sumLanes(sum);
  for (; i < dim; i++) total += uint32_t(query[i]) * row[i];
  return total;
}

SEXTANT_AVX2 int32_t dotCode_avx2(const int8_t* query, const uint8_t* row, uint32_t dim) {
  __m256i sum = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    __m256i signedSide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(query + i)));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(signedSide, loadBytes16(row + i)));
  }
  int32_t total = int32_t(sumLanes(sum));
  for (; i < dim; i++) total += int32_t(query[i]) * row[i];
  return total;
}

SEXTANT_AVX2 int32_t dotCentred_avx2(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  const __m256i zero = _mm256_set1_epi16(128);
  __m256i sum = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    __m256i a = _mm256_sub_epi16(loadBytes16(query + i), zero), b = _mm256_sub_epi16(loadBytes16(row + i), zero);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  int32_t total = int32_t(sumLanes(sum));
  for (; i < dim; i++) total += (int32_t(query[i]) - 128) * (int32_t(row[i]) - 128);
  return total;
}

}  // namespace sextant
#endif
