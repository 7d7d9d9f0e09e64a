// Squared Euclidean distances, one component at a time: the oracle.
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

float squaredF32_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) {
    float difference = query[i] - values[i];
    sum += difference * difference;
  }
  return sum;
}

float squaredF16_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) {
    float difference = query[i] - halfToFloat(values[i]);
    sum += difference * difference;
  }
  return sum;
}

uint32_t squaredU8_scalar(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < dim; i++) {
    int32_t difference = int32_t(query[i]) - row[i];
    sum += uint32_t(difference * difference);
  }
  return sum;
}

}  // namespace sextant
