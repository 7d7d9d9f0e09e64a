#include "codec.hpp"

#include <algorithm>
#include <cmath>

namespace sextant {

namespace {
// NaN and infinities never come from a checked caller; from a damaged file they must not reach a cast.
float bounded(float value, float low, float high) noexcept { return value > low ? (value < high ? value : high) : low; }
}  // namespace

CodeRange trainRange(float* values, size_t n, float quantile, bool centred) noexcept {
  n = size_t(std::remove_if(values, values + n, [](float v) { return !(std::fabs(v) <= 1e30f); }) - values);
  if (n == 0) return {};
  float share = bounded(quantile, 0.5f, 1.0f);
  size_t cut = size_t(double(n - 1) * (1.0 - double(share)) / 2);
  std::nth_element(values, values + cut, values + n);
  float low = values[cut];
  std::nth_element(values, values + (n - 1 - cut), values + n);
  float high = values[n - 1 - cut];
  float reach = std::max(std::fabs(low), std::fabs(high));
  if (!(reach > 1e-30f)) return {};  // nothing but zeros; a step must stay far from underflow
  // Later vectors may reach a little further than the sample.
  if (share == 1) {
    float margin = 0.05f * (high - low);
    low -= margin;
    high += margin;
    reach = std::max(std::fabs(low), std::fabs(high));
  }
  if (centred) return {-128 * (reach / 127), reach / 127};
  if (high - low < 1e-6f * reach) high = low + 1e-6f * reach;
  return {low, (high - low) / 255};
}

void encodeRow(const CodeRange& range, const float* from, uint8_t* to, uint32_t dim) noexcept {
  float scale = 1 / range.step, low = range.low;
  for (uint32_t i = 0; i < dim; i++) {
    float code = (from[i] - low) * scale + 0.5f;
    code = code > 0 ? code : 0;
    to[i] = uint8_t(code < 255 ? code : 255);
  }
}

DotQuery encodeDotQuery(const float* from, int8_t* to, uint32_t dim) noexcept {
  float reach = 0, sum = 0;
  for (uint32_t i = 0; i < dim; i++) {
    float size = std::fabs(from[i]);
    reach = size > reach ? size : reach;
    sum += from[i];
  }
  if (!(reach > 0) || !(reach <= 3e38f)) reach = 1;
  float scale = 127 / reach;
  int32_t codeSum = 0;
  for (uint32_t i = 0; i < dim; i++) {
    float code = bounded(from[i] * scale, -127, 127);
    int32_t rounded = int32_t(code + (code < 0 ? -0.5f : 0.5f));
    to[i] = int8_t(rounded);
    codeSum += rounded;
  }
  return {reach / 127, sum, codeSum};
}

}  // namespace sextant
