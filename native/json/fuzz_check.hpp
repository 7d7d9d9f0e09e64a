// What must hold for the scan of any bytes at all; used by the fuzz target and by the replay of the corpus.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "scan.hpp"

namespace sextant::json {

#define SEXTANT_MUST(condition)                                                      \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);           \
      std::abort();                                                                  \
    }                                                                                \
  } while (0)

// Reads the tape as TypeScript does: every span lies in the body, every count is used up, nothing is left over.
class TapeCheck {
 public:
  TapeCheck(const Scan& scan, size_t bodyLength, const Limits& limits) : scan_(scan), bodyLength_(bodyLength), limits_(limits) {}

  void run() {
    value(0);
    SEXTANT_MUST(word_ == scan_.tape.size());
    SEXTANT_MUST(numbers_ == scan_.numbers.size());
    SEXTANT_MUST(floats_ == scan_.floats.size());
  }

 private:
  uint32_t next() {
    SEXTANT_MUST(word_ < scan_.tape.size());
    return scan_.tape.data()[word_++];
  }
  void span() {
    uint64_t start = next(), length = next();
    SEXTANT_MUST(start + length <= bodyLength_);
  }
  void string(uint32_t tag) {
    SEXTANT_MUST(tag == tagAscii || tag == tagUtf8 || tag == tagEscaped);
    span();
  }
  void key() {
    uint32_t tag = next();
    if (tag == tagKeyAgain) {
      SEXTANT_MUST(next() < keys_);
      return;
    }
    if (tag == tagKeyNew) {
      keys_++;
      tag = next();
    }
    string(tag);
  }
  void value(uint32_t depth) {
    SEXTANT_MUST(depth <= limits_.depth);
    uint32_t tag = next();
    switch (tag) {
      case tagNull: case tagTrue: case tagFalse: return;
      case tagNumber: numbers_++; return;
      case tagInteger: case tagRaw: span(); return;
      case tagVector: {
        uint32_t length = next();
        SEXTANT_MUST(length > 0);
        floats_ += length;
        return;
      }
      case tagArray:
        for (uint32_t left = next(); left > 0; left--) value(depth + 1);
        return;
      case tagObject:
        for (uint32_t left = next(); left > 0; left--) {
          key();
          value(depth + 1);
        }
        return;
      default: string(tag);
    }
  }

  const Scan& scan_;
  size_t bodyLength_;
  const Limits& limits_;
  size_t word_ = 0, numbers_ = 0, floats_ = 0;
  uint32_t keys_ = 0;
};

// The body is copied to a place of exactly its size, where a sanitizer sees a read beyond it.
inline void checkScan(const uint8_t* bytes, size_t length, const Limits& limits) {
  std::unique_ptr<uint8_t[]> body(new uint8_t[length]);
  if (length != 0) std::memcpy(body.get(), bytes, length);
  Scan first;
  scan(body.get(), length, limits, first);
  SEXTANT_MUST(first.status == ScanStatus::ok || first.status == ScanStatus::refused);
  if (first.status == ScanStatus::ok) {
    TapeCheck(first, length, limits).run();
  } else {
    SEXTANT_MUST(first.reason[0] != 0 && first.line >= 1 && first.column <= length);
  }
  size_t blockLength = blockBytes(first);
  std::unique_ptr<uint8_t[]> block(new uint8_t[blockLength]), again(new uint8_t[blockLength]);
  writeBlock(first, block.get());
  Scan second;
  scan(body.get(), length, limits, second);
  SEXTANT_MUST(blockBytes(second) == blockLength);
  writeBlock(second, again.get());
  SEXTANT_MUST(std::memcmp(block.get(), again.get(), blockLength) == 0);
}

}  // namespace sextant::json
