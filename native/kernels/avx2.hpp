// Shared by the AVX2 files: target attribute and horizontal sums.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>

#define SEXTANT_AVX2 __attribute__((target("avx2,fma,f16c")))

namespace sextant {

SEXTANT_AVX2 inline float sumLanes(__m256 v) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
SEXTANT_AVX2 inline uint32_t sumLanes(__m256i v) {
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1));
  return uint32_t(_mm_cvtsi128_si32(x));
}
SEXTANT_AVX2 inline __m256 loadHalf8(const uint16_t* at) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}
SEXTANT_AVX2 inline __m256i loadBytes16(const void* at) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(at)));
}
SEXTANT_AVX2 inline __m256 absolute(__m256 v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }

}  // namespace sextant
#endif
