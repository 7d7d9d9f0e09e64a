// Squared Euclidean distances with AVX2 and FMA.
#if defined(__x86_64__)
#include "avx2.hpp"
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

namespace {
SEXTANT_AVX2 inline __m256 addSquare(__m256 sum, __m256 a, __m256 b) {
  __m256 difference = _mm256_sub_ps(a, b);
  return _mm256_fmadd_ps(difference, difference, sum);
}
}  // namespace

SEXTANT_AVX2 float squaredF32_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    sum0 = addSquare(sum0, _mm256_loadu_ps(query + i), _mm256_loadu_ps(values + i));
    sum1 = addSquare(sum1, _mm256_loadu_ps(query + i + 8), _mm256_loadu_ps(values + i + 8));
    sum2 = addSquare(sum2, _mm256_loadu_ps(query + i + 16), _mm256_loadu_ps(values + i + 16));
    sum3 = addSquare(sum3, _mm256_loadu_ps(query + i + 24), _mm256_loadu_ps(values + i + 24));
  }
  for (; i + 8 <= dim; i += 8) sum0 = addSquare(sum0, _mm256_loadu_ps(query + i), _mm256_loadu_ps(values + i));
  float total = sumLanes(_mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3)));
  for (; i < dim; i++) total += (query[i] - values[i]) * (query[i] - values[i]);
  return total;
}

SEXTANT_AVX2 float squaredF16_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = addSquare(sum0, _mm256_loadu_ps(query + i), loadHalf8(values + i));
    sum1 = addSquare(sum1, _mm256_loadu_ps(query + i + 8), loadHalf8(values + i + 8));
  }
  float total = sumLanes(_mm256_add_ps(sum0, sum1));
  for (; i < dim; i++) {
    float difference = query[i] - halfToFloat(values[i]);
    total += difference * difference;
  }
  return total;
}

SEXTANT_AVX2 uint32_t squaredU8_avx2(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  __m256i sum = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    __m256i difference = _mm256_sub_epi16(loadBytes16(query + i), loadBytes16(row + i));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(difference, difference));
  }
  uint32_t total = sumLanes(sum);
  for (; i < dim; i++) {
    int32_t difference = int32_t(query[i]) - row[i];
    total += uint32_t(difference * difference);
  }
  return total;
}

}  // namespace sextant
#endif
