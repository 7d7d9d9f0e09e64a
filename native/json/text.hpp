// Strings of RFC 8259: where they end, whether they are valid.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sextant::json {

enum class TextError : uint8_t { none, ended, control, escape, utf8, lone, hexEnd };

struct Text {
  const uint8_t* start;  // behind the opening quote
  const uint8_t* end;    // on the closing quote
  bool ascii;
  bool escaped;
};

// Reads the string whose opening quote is at `p`. On success `p` is behind the closing quote, else on the offending byte.
TextError readText(const uint8_t*& p, const uint8_t* end, Text& out) noexcept;

// Resolves a valid string with escapes into at most `room` bytes of UTF-8; returns the length, or room + 1 when it is longer.
size_t resolve(const Text& text, uint8_t* out, size_t room) noexcept;

}  // namespace sextant::json
