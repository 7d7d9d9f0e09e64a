// int8 scalar quantisation: a component x is kept as the byte c with x = low + step * c. One range for all dimensions,
// cut at a quantile of a sample, fixed once trained.
#pragma once
#include <cstdint>

#include "../core/buffer.hpp"

namespace sextant {

struct CodeRange {
  float low = 0, step = 0;

  bool valid() const noexcept { return step > 0 && step <= 3.4e38f && low >= -3.4e38f && low <= 3.4e38f; }
  // The value of code 128: 0 in a centred range.
  float centre() const noexcept { return low + 128 * step; }
};

// The range that holds `quantile` (0.5..1) of the n values; reorders them. Not valid when they tell nothing. A centred one has code 128 at
// zero: then two rows have an exact integer dot product, which building a graph needs millions of times.
CodeRange trainRange(float* values, size_t n, float quantile, bool centred) noexcept;

void encodeRow(const CodeRange&, const float* from, uint8_t* to, uint32_t dim) noexcept;

// A query for the dot kernel: x ~ scale * code, symmetric with its own scale. `sum` is the sum of the raw components
// and `codeSum` of the codes.
struct DotQuery {
  float scale, sum;
  int32_t codeSum;
};
DotQuery encodeDotQuery(const float* from, int8_t* to, uint32_t dim) noexcept;

}  // namespace sextant
