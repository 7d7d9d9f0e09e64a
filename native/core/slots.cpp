#include "slots.hpp"

namespace sextant {

Status Slots::configure(uint64_t capacity, Error& error) noexcept {
  uint64_t bytes = (capacity + 31) / 32 * 4;
  for (ArenaMemory* arena : {&alive_, &routed_, &linked_}) {
    if (Status status = arena->configure(nullptr, "", bytes, false, error); status != Status::ok) return status;
  }
  return Status::ok;
}

Status Slots::ensure(uint32_t count, Error& error) noexcept {
  uint64_t bytes = (uint64_t(count) + 31) / 32 * 4;
  for (ArenaMemory* arena : {&alive_, &routed_, &linked_}) {
    if (Status status = arena->ensure(bytes, error); status != Status::ok) return status;
  }
  return Status::ok;
}

void Slots::restore(const IndexOptions& options, bool keepLinked) noexcept {
  if (options.count == 0) return;
  uint32_t words = (options.count + 31) / 32;
  unlinkedFrom_ = options.count;
  for (uint32_t i = 0; i < words; i++) {
    uint32_t valid = i + 1 < words || options.count % 32 == 0 ? ~0u : (1u << (options.count % 32)) - 1;
    uint32_t alive = (options.alive != nullptr ? options.alive[i] : 0) & valid;
    uint32_t linked = (keepLinked && options.linked != nullptr ? options.linked[i] : 0) & valid;
    mutableWords(alive_)[i] = alive;
    mutableWords(linked_)[i] = linked;
    mutableWords(routed_)[i] = linked;
    linkedAlive_ += uint32_t(__builtin_popcount(alive & linked));
    unlinkedAlive_ += uint32_t(__builtin_popcount(alive & ~linked));
    tombstones_ += uint32_t(__builtin_popcount(linked & ~alive));
    if (unlinkedFrom_ == options.count && (alive & ~linked) != 0) unlinkedFrom_ = i * 32;
  }
  storeShared(&count_, options.count);
}

void Slots::markAlive(uint32_t slot) noexcept {
  MutexGuard guard(mutex_);
  if (!alive(slot)) storeShared(&unlinkedAlive_, unlinkedAlive_ + 1);
  if (slot < unlinkedFrom_) storeShared(&unlinkedFrom_, slot);
  setBit(mutableWords(alive_), slot);
  if (slot >= count_) storeShared(&count_, slot + 1);
}

void Slots::markRemoved(uint32_t slot) noexcept {
  MutexGuard guard(mutex_);
  if (!clearBit(mutableWords(alive_), slot)) return;
  if (linked(slot)) {
    storeShared(&linkedAlive_, linkedAlive_ - 1);
    storeShared(&tombstones_, tombstones_ + 1);
  } else {
    storeShared(&unlinkedAlive_, unlinkedAlive_ - 1);
  }
}

void Slots::markLinked(uint32_t slot) noexcept {
  MutexGuard guard(mutex_);
  if (!setBit(mutableWords(linked_), slot)) return;
  if (alive(slot)) {
    storeShared(&unlinkedAlive_, unlinkedAlive_ - 1);
    storeShared(&linkedAlive_, linkedAlive_ + 1);
  } else {
    storeShared(&tombstones_, tombstones_ + 1);
  }
}

void Slots::markUnlinked(uint32_t slot) noexcept {
  MutexGuard guard(mutex_);
  clearBit(mutableWords(routed_), slot);
  if (!clearBit(mutableWords(linked_), slot)) return;
  if (alive(slot)) {
    storeShared(&linkedAlive_, linkedAlive_ - 1);
    storeShared(&unlinkedAlive_, unlinkedAlive_ + 1);
    if (slot < unlinkedFrom_) storeShared(&unlinkedFrom_, slot);
  } else {
    storeShared(&tombstones_, tombstones_ - 1);
  }
}

void Slots::advanceUnlinkedFrom() noexcept {
  MutexGuard guard(mutex_);
  uint32_t words = (count_ + 31) / 32;
  uint32_t i = unlinkedFrom_ / 32;
  while (i < words && (loadShared(aliveWords() + i) & ~loadShared(linkedWords() + i)) == 0) i++;
  storeShared(&unlinkedFrom_, i < words ? i * 32 : count_);
}

}  // namespace sextant
