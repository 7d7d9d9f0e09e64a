// Shared by the NEON files: horizontal sums and half precision loads.
#pragma once
#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstdint>

namespace sextant {

inline float32x4_t loadHalf4(const uint16_t* at) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(at))); }

}  // namespace sextant
#endif
