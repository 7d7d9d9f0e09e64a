// Growing memory at a stable place: a mapped file, anonymous memory, or (WebAssembly) a growing block. Zero at first.
// Growth happens on one thread at a time; other threads may read and write what is already there meanwhile.
#pragma once
#include <cstddef>
#include <cstdint>

#include "buffer.hpp"
#include "vector_index.hpp"

namespace sextant {

class ArenaMemory {
 public:
  ArenaMemory() = default;
  ~ArenaMemory();
  ArenaMemory(const ArenaMemory&) = delete;
  ArenaMemory& operator=(const ArenaMemory&) = delete;

  // Nothing is mapped or created before the first `ensure`. `capacity` in bytes. `prefix` null = anonymous; otherwise
  // the file is prefix + suffix. `tracked` = remember dirty ranges.
  [[nodiscard]] Status configure(const char* prefix, const char* suffix, uint64_t capacity, bool tracked, Error&) noexcept;
  // Maps an existing file of any length (0 when there is none) without growing it.
  [[nodiscard]] Status openExisting(Error&) noexcept;
  // Removes the file of an arena that this index does not use: it would be stale when it is used again.
  void discard() noexcept;
  // At least `bytes` usable bytes. Disk full is Status::io, beyond capacity Status::full. May move the base in WebAssembly only.
  [[nodiscard]] Status ensure(uint64_t bytes, Error&) noexcept;

  uint8_t* base() noexcept { return base_; }
  const uint8_t* base() const noexcept { return base_; }
  uint64_t size() const noexcept { return __atomic_load_n(&size_, __ATOMIC_ACQUIRE); }
  uint64_t capacity() const noexcept { return capacity_; }
  bool fileBacked() const noexcept { return path_.data() != nullptr; }

  // Call after the bytes were written.
  void markDirty(uint64_t offset, uint64_t length) noexcept {
    if (dirty_ == nullptr || length == 0) return;
    uint64_t last = (offset + length - 1) >> dirtyShift;
    for (uint64_t chunk = offset >> dirtyShift; chunk <= last; chunk++) markChunk(chunk);
  }
  // Next dirty run, cut at `size()`; it is clean afterwards. Length 0 = none.
  void takeDirty(uint64_t* offset, uint64_t* length) noexcept;
  // Makes the dirty runs of a mapped file durable.
  [[nodiscard]] Status sync(Error&) noexcept;

  static constexpr uint32_t dirtyShift = 16;

 private:
  void markChunk(uint64_t chunk) noexcept {
    uint64_t bit = uint64_t(1) << (chunk & 63);
    uint64_t* word = &dirty_[chunk >> 6];
    // Sequentially consistent on purpose: the bit must not be seen set before the bytes, nor be lost beside a sync.
    if ((__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit) == 0) __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
  }
  void publishSize(uint64_t size) noexcept { __atomic_store_n(&size_, size, __ATOMIC_RELEASE); }
  Status trackDirty(uint64_t bytes, Error&) noexcept;
  Status reserve(Error&) noexcept;
  Status openFile(bool create, Error&) noexcept;
  Status syncFolder(Error&) noexcept;

  uint8_t* base_ = nullptr;
  uint64_t size_ = 0;      // usable bytes; stored last, so that who sees it sees the rest
  uint64_t reserved_ = 0;  // bytes of address space
  uint64_t capacity_ = 0;
  uint64_t dirtyFrom_ = 0;
  int file_ = -1;
  bool tracked_ = false;
  bool created_ = false;  // the folder's entry is not durable yet
  Buffer<char> path_;
  uint64_t* dirty_ = nullptr;  // room for the whole reservation, so that it never moves under a writer
  uint64_t dirtyWords_ = 0;
};

}  // namespace sextant
