// Arena memory for WebAssembly: one block that grows by realloc and may move; there is one thread and no file.
#ifdef __wasm__
#include "arena.hpp"
#include "error.hpp"

namespace sextant {

ArenaMemory::~ArenaMemory() {
  std::free(base_);
  std::free(dirty_);
}

Status ArenaMemory::configure(const char* prefix, const char*, uint64_t capacity, bool tracked, Error& error) noexcept {
  if (prefix != nullptr) return fail(error, Status::badArgument, "this build cannot map files");
  capacity_ = capacity;
  tracked_ = tracked;
  return Status::ok;
}

Status ArenaMemory::openExisting(Error&) noexcept { return Status::ok; }

void ArenaMemory::discard() noexcept {}

Status ArenaMemory::ensure(uint64_t bytes, Error& error) noexcept {
  if (bytes <= size_) return Status::ok;
  if (bytes > capacity_) return fail(error, Status::full, "beyond the capacity of the index");
  constexpr uint64_t step = 4096;
  uint64_t wanted = size_ + size_ / 4;
  if (wanted < bytes) wanted = bytes;
  wanted = (wanted + step - 1) / step * step;
  if (wanted > SIZE_MAX / 2) return fail(error, Status::noMemory, "out of memory");
  if (Status status = trackDirty(wanted, error); status != Status::ok) return status;
  // Rows want 64-byte alignment only for speed; malloc's 16 is right for 128-bit lanes.
  void* grown = std::realloc(base_, size_t(wanted));
  if (grown == nullptr) return fail(error, Status::noMemory, "out of memory");
  base_ = static_cast<uint8_t*>(grown);
  std::memset(base_ + size_, 0, size_t(wanted - size_));
  size_ = wanted;
  return Status::ok;
}

Status ArenaMemory::sync(Error&) noexcept { return Status::ok; }

}  // namespace sextant
#endif
