// Sums of absolute differences with AVX2.
#if defined(__x86_64__)
#include <cmath>

#include "avx2.hpp"
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

SEXTANT_AVX2 float manhattanF32_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0;
  uint32_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    sum0 = _mm256_add_ps(sum0, absolute(_mm256_sub_ps(_mm256_loadu_ps(query + i), _mm256_loadu_ps(values + i))));
    sum1 = _mm256_add_ps(sum1, absolute(_mm256_sub_ps(_mm256_loadu_ps(query + i + 8), _mm256_loadu_ps(values + i + 8))));
  }
  float total = sumLanes(_mm256_add_ps(sum0, sum1));
  for (; i < dim; i++) total += std::fabs(query[i] - values[i]);
  return total;
}

SEXTANT_AVX2 float manhattanF16_avx2(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  __m256 sum = _mm256_setzero_ps();
  uint32_t i = 0;
  for (; i + 8 <= dim; i += 8) sum = _mm256_add_ps(sum, absolute(_mm256_sub_ps(_mm256_loadu_ps(query + i), loadHalf8(values + i))));
  float total = sumLanes(sum);
  for (; i < dim; i++) total += std::fabs(query[i] - halfToFloat(values[i]));
  return total;
}

SEXTANT_AVX2 uint32_t manhattanU8_avx2(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  __m256i sum = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + i));
    __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + i));
    sum = _mm256_add_epi64(sum, _mm256_sad_epu8(a, b));
  }
  uint32_t total = sumLanes(sum);  // the upper half of every 64-bit lane is zero
  for (; i < dim; i++) total += uint32_t(query[i] > row[i] ? query[i] - row[i] : row[i] - query[i]);
  return total;
}

}  // namespace sextant
#endif
