// State of every slot as bitmaps that searches read while one thread changes them.
#pragma once
#include "arena.hpp"
#include "platform.hpp"
#include "vector_index.hpp"

namespace sextant {

inline bool testBit(const uint32_t* words, uint32_t slot) noexcept { return (loadShared(words + (slot >> 5)) >> (slot & 31)) & 1; }
inline bool setBit(uint32_t* words, uint32_t slot) noexcept {  // true = it was clear
  return (__atomic_fetch_or(words + (slot >> 5), 1u << (slot & 31), __ATOMIC_ACQ_REL) >> (slot & 31) & 1) == 0;
}
inline bool clearBit(uint32_t* words, uint32_t slot) noexcept {  // true = it was set
  return __atomic_fetch_and(words + (slot >> 5), ~(1u << (slot & 31)), __ATOMIC_ACQ_REL) >> (slot & 31) & 1;
}

// A slot is alive from write to remove. It is `routed` once its links may be followed, and `linked` once its
// neighbours point back, so that a walk finds it: until then every search scans it.
class Slots {
 public:
  [[nodiscard]] Status configure(uint64_t capacity, Error&) noexcept;
  [[nodiscard]] Status ensure(uint32_t count, Error&) noexcept;
  // Takes over the state at the last checkpoint.
  void restore(const IndexOptions&, bool keepLinked) noexcept;

  uint32_t count() const noexcept { return loadShared(&count_); }
  bool alive(uint32_t slot) const noexcept { return testBit(aliveWords(), slot); }
  bool routed(uint32_t slot) const noexcept { return testBit(routedWords(), slot); }
  bool linked(uint32_t slot) const noexcept { return testBit(linkedWords(), slot); }
  const uint32_t* aliveWords() const noexcept { return words(alive_); }
  const uint32_t* routedWords() const noexcept { return words(routed_); }
  const uint32_t* linkedWords() const noexcept { return words(linked_); }

  void markAlive(uint32_t slot) noexcept;   // also raises count
  void markRemoved(uint32_t slot) noexcept;
  void markRouted(uint32_t slot) noexcept { setBit(mutableWords(routed_), slot); }
  void markLinked(uint32_t slot) noexcept;
  void markUnlinked(uint32_t slot) noexcept;  // out of the graph

  uint32_t linkedAlive() const noexcept { return loadShared(&linkedAlive_); }
  uint32_t unlinkedAlive() const noexcept { return loadShared(&unlinkedAlive_); }
  uint32_t tombstones() const noexcept { return loadShared(&tombstones_); }
  // No alive unlinked slot is below this.
  uint32_t unlinkedFrom() const noexcept { return loadShared(&unlinkedFrom_); }
  // Raises the bound after a look at the bitmaps.
  void advanceUnlinkedFrom() noexcept;

 private:
  static const uint32_t* words(const ArenaMemory& arena) noexcept { return reinterpret_cast<const uint32_t*>(arena.base()); }
  static uint32_t* mutableWords(ArenaMemory& arena) noexcept { return reinterpret_cast<uint32_t*>(arena.base()); }

  Mutex mutex_;  // counters and both bits of one slot change together
  ArenaMemory alive_, routed_, linked_;
  uint32_t count_ = 0, linkedAlive_ = 0, unlinkedAlive_ = 0, tombstones_ = 0, unlinkedFrom_ = 0;
};

}  // namespace sextant
