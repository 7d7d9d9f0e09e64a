// libFuzzer target of the body scan: `make fuzz FUZZ_SECONDS=20` (clang). The first three bytes choose the limits.
#include "fuzz_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sextant::json;
  if (size < 3) return 0;
  Limits limits;
  if (data[0] & 1) limits = {1u + data[0] / 8, data[1], data[2] * 4u};
  checkScan(data + 3, size - 3, limits);
  return 0;
}
