// Half precision conversions with NEON.
#if defined(__aarch64__)
#include "half.hpp"
#include "kernels.hpp"
#include "neon.hpp"

namespace sextant {

void toHalf_neon(const float* from, uint16_t* to, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) vst1_u16(to + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i))));
  for (; i < n; i++) to[i] = floatToHalf(from[i]);
}

void fromHalf_neon(const uint16_t* from, float* to, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(to + i, loadHalf4(from + i));
  for (; i < n; i++) to[i] = halfToFloat(from[i]);
}

}  // namespace sextant
#endif
