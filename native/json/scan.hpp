// One bounded pass over a JSON request body. The contract in words: src/engine/body-scan.ts.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tape.hpp"

namespace sextant::json {

struct Limits {
  uint32_t depth = 128;
  uint32_t containers = 200000;
  uint32_t scalars = 2000000;
};

// Spans on the tape are 32-bit; what would grow past it is refused long before by any request limit.
constexpr size_t bodyBytesMax = size_t(1) << 30;
constexpr uint32_t depthMax = 512;

enum class ScanStatus : uint32_t { ok = 0, refused = 1, noMemory = 2 };

struct Scan {
  ScanStatus status = ScanStatus::ok;
  // Refused: why and where. Lines count from 1; a column is the bytes of its line up to and with the offending one.
  char reason[96] = {0};
  uint32_t line = 0;
  uint32_t column = 0;
  Growing<double> numbers;
  Growing<float> floats;
  Growing<uint32_t> tape;
};

// `body` is at most bodyBytesMax bytes, `limits.depth` at most depthMax.
void scan(const uint8_t* body, size_t length, const Limits&, Scan& out) noexcept;

// The scan as one block of bytes, little endian. Done: u32 0, counts of tape words, numbers and floats; then the numbers
// (f64), the floats (f32), the tape (u32). Refused: u32 1, line, column, length of the reason; then the reason.
// Out of memory: u32 2 and three zeros.
size_t blockBytes(const Scan&) noexcept;
void writeBlock(const Scan&, uint8_t* out) noexcept;

}  // namespace sextant::json
