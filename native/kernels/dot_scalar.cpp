// Dot products, one component at a time: the oracle.
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

float dotF32_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const float*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += query[i] * values[i];
  return sum;
}

float dotF16_scalar(const float* query, const void* row, uint32_t dim) {
  auto* values = static_cast<const uint16_t*>(row);
  float sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += query[i] * halfToFloat(values[i]);
  return sum;
}

uint32_t dotU8_scalar(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += uint32_t(query[i]) * row[i];
  return sum;
}

int32_t dotCode_scalar(const int8_t* query, const uint8_t* row, uint32_t dim) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += int32_t(query[i]) * row[i];
  return sum;
}

int32_t dotCentred_scalar(const uint8_t* query, const uint8_t* row, uint32_t dim) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < dim; i++) sum += (int32_t(query[i]) - 128) * (int32_t(row[i]) - 128);
  return sum;
}

}  // namespace sextant
