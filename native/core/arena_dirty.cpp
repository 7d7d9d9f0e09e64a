// Dirty runs of an arena: a bit per 64 KiB.
#include "arena.hpp"
#include "error.hpp"

namespace sextant {

Status ArenaMemory::trackDirty(uint64_t bytes, Error& error) noexcept {
  uint64_t words = (bytes >> dirtyShift) / 64 + 1;
  if (!tracked_ || words <= dirtyWords_) return Status::ok;
  // calloc: untouched pages of a big table cost nothing.
  auto* grown = static_cast<uint64_t*>(std::calloc(size_t(words), sizeof(uint64_t)));
  if (grown == nullptr) return fail(error, Status::noMemory, "out of memory");
  if (dirty_ != nullptr) std::memcpy(grown, dirty_, size_t(dirtyWords_) * sizeof(uint64_t));
  std::free(dirty_);
  dirty_ = grown;
  dirtyWords_ = words;
  return Status::ok;
}

void ArenaMemory::takeDirty(uint64_t* offset, uint64_t* length) noexcept {
  *offset = 0;
  *length = 0;
  uint64_t size = this->size();
  if (size == 0 || dirty_ == nullptr) return;
  uint64_t chunks = (size + (uint64_t(1) << dirtyShift) - 1) >> dirtyShift;
  auto take = [&](uint64_t chunk) {
    uint64_t bit = uint64_t(1) << (chunk & 63);
    if ((__atomic_load_n(&dirty_[chunk >> 6], __ATOMIC_SEQ_CST) & bit) == 0) return false;
    __atomic_fetch_and(&dirty_[chunk >> 6], ~bit, __ATOMIC_SEQ_CST);
    return true;
  };
  uint64_t chunk = dirtyFrom_;
  while (chunk < chunks && !take(chunk)) {
    bool wordEmpty = (chunk & 63) == 0 && __atomic_load_n(&dirty_[chunk >> 6], __ATOMIC_SEQ_CST) == 0;
    chunk += wordEmpty ? 64 : 1;
  }
  if (chunk >= chunks) {
    bool wrapped = dirtyFrom_ != 0;
    dirtyFrom_ = 0;
    if (wrapped) takeDirty(offset, length);
    return;
  }
  uint64_t end = chunk + 1;
  while (end < chunks && take(end)) end++;
  dirtyFrom_ = end;
  *offset = chunk << dirtyShift;
  uint64_t stop = end << dirtyShift;
  *length = (stop < size ? stop : size) - *offset;
}

}  // namespace sextant
