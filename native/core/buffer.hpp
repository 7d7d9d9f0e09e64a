// A growing array of plain values whose growth can fail without an exception.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sextant {

template <class T>
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Room for `n` values; false = out of memory, the old content stays. New values are not initialised.
  [[nodiscard]] bool reserve(size_t n) noexcept {
    if (n <= room_) return true;
    if (n > SIZE_MAX / sizeof(T) / 2) return false;
    void* grown = std::realloc(data_, n * sizeof(T));
    if (grown == nullptr) return false;
    data_ = static_cast<T*>(grown);
    room_ = n;
    return true;
  }
  [[nodiscard]] bool reserveZeroed(size_t n) noexcept {
    size_t before = room_;
    if (!reserve(n)) return false;
    if (n > before) std::memset(static_cast<void*>(data_ + before), 0, (n - before) * sizeof(T));
    return true;
  }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  T& operator[](size_t i) noexcept { return data_[i]; }
  const T& operator[](size_t i) const noexcept { return data_[i]; }
  size_t room() const noexcept { return room_; }

 private:
  T* data_ = nullptr;
  size_t room_ = 0;
};

}  // namespace sextant
