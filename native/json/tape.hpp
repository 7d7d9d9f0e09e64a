// What a scan hands to TypeScript: numbers, vectors and a tape of 32-bit words in document order.
// src/engine/tape.ts reads it; a test compares the tags there with the enum here.
//
//   number      the next f64 of `numbers`
//   integer     start, length of the digits: an integer beyond 2^53-1
//   ascii       start, length of a string's content without escapes, all bytes below 0x80
//   utf8        the same with bytes from 0x80 up
//   escaped     the same with escapes, all of them valid
//   array       count, then that many values
//   object      count, then that many pairs of key and value
//   vector      length: the next so many f32 of `floats`
//   raw         start, length of the bytes of an object
//   keyNew      a key (one of the three strings follows) that takes the next key number, from 0
//   keyAgain    a key number
// Keys that get no number are just strings.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../core/buffer.hpp"

namespace sextant::json {

enum Tag : uint32_t {
  tagNull = 0,
  tagTrue = 1,
  tagFalse = 2,
  tagNumber = 3,
  tagInteger = 4,
  tagAscii = 5,
  tagUtf8 = 6,
  tagEscaped = 7,
  tagArray = 8,
  tagObject = 9,
  tagVector = 10,
  tagRaw = 11,
  tagKeyNew = 12,
  tagKeyAgain = 13,
};

// A list that grows by doubling; `push` is false when memory ran out.
template <class T>
class Growing {
 public:
  [[nodiscard]] bool push(T value) noexcept {
    if (size_ == items_.room() && !items_.reserve(size_ < 64 ? 128 : size_ * 2)) return false;
    items_[size_++] = value;
    return true;
  }
  T& operator[](size_t i) noexcept { return items_[i]; }
  const T* data() const noexcept { return items_.data(); }
  size_t size() const noexcept { return size_; }
  void cut(size_t size) noexcept { size_ = size; }

 private:
  Buffer<T> items_;
  size_t size_ = 0;
};

}  // namespace sextant::json
