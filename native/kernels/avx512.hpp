// Shared by the AVX-512 files: target attributes, masks of the tail, wide loads.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>

#define SEXTANT_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c")))
#define SEXTANT_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))

namespace sextant {

// Masks that select the first `n` lanes; n within 0..16 or 0..63.
inline __mmask16 firstOf16(uint32_t n) { return __mmask16((1u << n) - 1u); }
inline __mmask64 firstOf64(uint32_t n) { return __mmask64((uint64_t(1) << n) - 1u); }

SEXTANT_AVX512 inline __m512 loadHalf(const uint16_t* at) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
}
SEXTANT_AVX512 inline __m512 loadHalf(const uint16_t* at, __mmask16 mask) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, at));
}
SEXTANT_AVX512 inline __m512i absoluteDifference(__m512i a, __m512i b) {
  return _mm512_or_si512(_mm512_subs_epu8(a, b), _mm512_subs_epu8(b, a));
}

}  // namespace sextant
#endif
