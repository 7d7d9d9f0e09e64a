// Any bytes as rows and queries: integer kernels equal the oracle, float kernels read nothing beyond the end.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../kernels/kernels.hpp"
#include "../quantization/codec.hpp"

using namespace sextant;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  const Kernels* tables[8];
  size_t n = availableKernels(tables, 8);
  uint32_t half = uint32_t(size / 2), floats = half / 4, halves = half / 2;
  // Exact allocations: a read past the end is seen.
  std::vector<uint8_t> a(data, data + half), b(data + half, data + 2 * half);
  std::vector<float> query(floats), row(floats), wide(halves), values(halves);
  std::vector<uint16_t> narrow(halves), back(halves);
  memcpy(query.data(), a.data(), floats * 4);
  memcpy(row.data(), b.data(), floats * 4);
  memcpy(narrow.data(), b.data(), halves * 2);
  for (uint32_t i = 0; i < halves; i++) values[i] = float(a[i]);
  volatile float sink = 0;
  for (size_t t = 0; t < n; t++) {
    const Kernels& table = *tables[t];
    if (table.dotU8(a.data(), b.data(), half) != dotU8_scalar(a.data(), b.data(), half)) abort();
    if (table.squaredU8(a.data(), b.data(), half) != squaredU8_scalar(a.data(), b.data(), half)) abort();
    if (table.manhattanU8(a.data(), b.data(), half) != manhattanU8_scalar(a.data(), b.data(), half)) abort();
    auto* code = reinterpret_cast<const int8_t*>(a.data());
    if (table.dotCode(code, b.data(), half) != dotCode_scalar(code, b.data(), half)) abort();
    if (table.dotCentred(a.data(), b.data(), half) != dotCentred_scalar(a.data(), b.data(), half)) abort();
    sink = table.dotF32(query.data(), row.data(), floats) + table.squaredF32(query.data(), row.data(), floats);
    sink = table.manhattanF32(query.data(), row.data(), floats) + table.dotF16(values.data(), narrow.data(), halves);
    sink = table.squaredF16(values.data(), narrow.data(), halves) + table.manhattanF16(values.data(), narrow.data(), halves);
    table.fromHalf(narrow.data(), wide.data(), halves);
    table.toHalf(wide.data(), back.data(), halves);
    for (uint32_t i = 0; i < halves; i++) {
      if (wide[i] == wide[i] && back[i] != narrow[i]) abort();
    }
  }
  (void)sink;
  std::vector<uint8_t> codes(floats);
  std::vector<int8_t> signedCodes(floats);
  encodeDotQuery(query.data(), signedCodes.data(), floats);
  std::vector<float> sample = row;
  CodeRange range = trainRange(sample.data(), sample.size(), 0.5f + float(data[0]) / 512, (data[1] & 1) != 0);
  if (range.step == 0) return 0;  // the values tell no range
  if (!range.valid()) abort();
  encodeRow(range, query.data(), codes.data(), floats);
  return 0;
}
