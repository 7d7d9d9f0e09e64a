// Sums of absolute differences, one component at a time: the oracle.
#include <cmath>

#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

float manhattanF32_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += std::fabs(query[i] - values[i]);
  return sum;
}

float manhattanF16_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += std::fabs(query[i] - halfToFloat(values[i]));
  return sum;
}

uint32_t manhattanU8_scalar(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += uint32_t(query[i] > row[i] ? query[i] - row[i] : row[i] - query[i]);
  return sum;
}

}  // namespace sextant
