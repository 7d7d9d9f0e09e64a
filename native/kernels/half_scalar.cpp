// Half precision conversions, one component at a time: the oracle.
#include "half.hpp"
#include "kernels.hpp"

namespace sextant {

void toHalf_scalar(const float* from, uint16_t* to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = floatToHalf(from[i]);
}

void fromHalf_scalar(const uint16_t* from, float* to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = halfToFloat(from[i]);
}

}  // namespace sextant
