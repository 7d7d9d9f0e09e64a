// Chooses the kernel table once per process.
#include <cstdlib>
#include <cstring>

#include "../core/vector_index.hpp"
#include "kernels.hpp"

namespace sextant {

namespace {

#define SEXTANT_TABLE(label, set)                                                                          \
  Kernels {                                                                                                \
    label, dotF32_##set, squaredF32_##set, manhattanF32_##set, dotF16_##set, squaredF16_##set,             \
        manhattanF16_##set, dotU8_##set, squaredU8_##set, manhattanU8_##set, dotCode_##set, dotCentred_##set,  \
        toHalf_##set, fromHalf_##set                                                                       \
  }

constexpr size_t tablesMax = 4;
struct Available {
  Kernels tables[tablesMax];
  size_t count = 0;
};

Available detect() noexcept {
  Available found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");  // every such CPU has F16C
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx512 && __builtin_cpu_supports("avx512vnni")) {
    Kernels table = SEXTANT_TABLE("avx512-vnni", avx512);
    table.dotU8 = dotU8_vnni;
    table.squaredU8 = squaredU8_vnni;
    table.dotCode = dotCode_vnni;
    table.dotCentred = dotCentred_vnni;
    found.tables[found.count++] = table;
  }
  if (avx512) found.tables[found.count++] = SEXTANT_TABLE("avx512", avx512);
  if (avx2) found.tables[found.count++] = SEXTANT_TABLE("avx2", avx2);
#elif defined(__aarch64__)
  found.tables[found.count++] = SEXTANT_TABLE("neon", neon);
#elif defined(__wasm_simd128__)
  found.tables[found.count++] = SEXTANT_TABLE("wasm-simd128", wasm);
#endif
  found.tables[found.count++] = SEXTANT_TABLE("scalar", scalar);
  return found;
}

const Available& available() noexcept {
  static const Available found = detect();
  return found;
}

const Kernels& choose() noexcept {
  const Available& found = available();
  const char* wanted = std::getenv("SEXTANT_SIMD");
  for (size_t i = 0; wanted != nullptr && i < found.count; i++) {
    if (std::strcmp(found.tables[i].name, wanted) == 0) return found.tables[i];
  }
  return found.tables[0];
}

}  // namespace

const Kernels& kernels() noexcept {
  static const Kernels& chosen = choose();
  return chosen;
}

size_t availableKernels(const Kernels** tables, size_t room) noexcept {
  const Available& found = available();
  size_t n = 0;
  for (; n < found.count && n < room; n++) tables[n] = &found.tables[n];
  return n;
}

const char* instructionSet() noexcept { return kernels().name; }

}  // namespace sextant
