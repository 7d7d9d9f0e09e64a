// Distance kernels: one table per instruction set, chosen once. The scalar table is the oracle of the tests.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sextant {

// `dim` 1..65536; no alignment is needed. Squared and Manhattan kernels give the distance (not negated).
using FloatKernel = float (*)(const float* query, const void* row, uint32_t dim);
// Exact sums; both sides u8, at most 65536 x 255^2 < 2^32.
using ByteKernel = uint32_t (*)(const uint8_t* query, const uint8_t* row, uint32_t dim);
// Exact; at most 65536 x 255 x 128 < 2^31.
using CodeKernel = int32_t (*)(const int8_t* query, const uint8_t* row, uint32_t dim);

// Exact dot product of two rows of codes whose zero is 128.
using CentredKernel = int32_t (*)(const uint8_t* query, const uint8_t* row, uint32_t dim);

struct Kernels {
  const char* name;
  FloatKernel dotF32, squaredF32, manhattanF32;
  FloatKernel dotF16, squaredF16, manhattanF16;
  ByteKernel dotU8, squaredU8, manhattanU8;
  CodeKernel dotCode;
  CentredKernel dotCentred;
  // Round to nearest even; beyond 65504 becomes infinity.
  void (*toHalf)(const float* from, uint16_t* to, size_t n);
  void (*fromHalf)(const uint16_t* from, float* to, size_t n);
};

// The table in use: the best this CPU has, or the one that SEXTANT_SIMD names if this CPU has it.
const Kernels& kernels() noexcept;
// Tables this build and CPU can run, best first; `scalar` is the last. For tests.
size_t availableKernels(const Kernels** tables, size_t room) noexcept;

// The functions of each family; a family that this build lacks has null in `dispatch.cpp`.
#define SEXTANT_DECLARE_KERNELS(set)                                          \
  float dotF32_##set(const float*, const void*, uint32_t);                    \
  float squaredF32_##set(const float*, const void*, uint32_t);                \
  float manhattanF32_##set(const float*, const void*, uint32_t);              \
  float dotF16_##set(const float*, const void*, uint32_t);                    \
  float squaredF16_##set(const float*, const void*, uint32_t);                \
  float manhattanF16_##set(const float*, const void*, uint32_t);              \
  uint32_t dotU8_##set(const uint8_t*, const uint8_t*, uint32_t);             \
  uint32_t squaredU8_##set(const uint8_t*, const uint8_t*, uint32_t);         \
  uint32_t manhattanU8_##set(const uint8_t*, const uint8_t*, uint32_t);       \
  int32_t dotCode_##set(const int8_t*, const uint8_t*, uint32_t);             \
  int32_t dotCentred_##set(const uint8_t*, const uint8_t*, uint32_t);         \
  void toHalf_##set(const float*, uint16_t*, size_t);                         \
  void fromHalf_##set(const uint16_t*, float*, size_t);

SEXTANT_DECLARE_KERNELS(scalar)
#if defined(__x86_64__)
SEXTANT_DECLARE_KERNELS(avx2)
SEXTANT_DECLARE_KERNELS(avx512)
uint32_t dotU8_vnni(const uint8_t*, const uint8_t*, uint32_t);
uint32_t squaredU8_vnni(const uint8_t*, const uint8_t*, uint32_t);
int32_t dotCode_vnni(const int8_t*, const uint8_t*, uint32_t);
int32_t dotCentred_vnni(const uint8_t*, const uint8_t*, uint32_t);
#elif defined(__aarch64__)
SEXTANT_DECLARE_KERNELS(neon)
#elif defined(__wasm_simd128__)
SEXTANT_DECLARE_KERNELS(wasm)
#endif

}  // namespace sextant
