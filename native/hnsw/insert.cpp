// Inserting one slot; any number of threads do it at once, beside searches.
#include <algorithm>

#include "../core/error.hpp"
#include "graph.hpp"

namespace sextant {

namespace {
// Marks a slot as being inserted, so that a writer waits for it.
class Inserting {
 public:
  explicit Inserting(uint8_t* lock) noexcept : lock_(lock) { __atomic_fetch_or(lock_, uint8_t(2), __ATOMIC_ACQ_REL); }
  ~Inserting() { __atomic_fetch_and(lock_, uint8_t(~2), __ATOMIC_RELEASE); }
  Inserting(const Inserting&) = delete;
  Inserting& operator=(const Inserting&) = delete;

 private:
  uint8_t* lock_;
};
}  // namespace

Status Graph::insert(uint32_t slot, bool codes, Scratch& scratch, Error& error) noexcept {
  Inserting inserting(locks_.base() + slot);
  if (!slots_.alive(slot) || slots_.routed(slot)) return Status::ok;
  if (codes && !store_.encodeSlot(slot, scratch.query)) return fail(error, Status::noMemory, "out of memory");
  uint32_t level = levelOf(slot);
  lockSlot(slot);
  clearRows(slot, level);
  unlockSlot(slot);
  uint64_t entry = loadShared(&entry_);
  bool raises = entry == noEntry || level > uint32_t(entry >> 32);
  if (raises) {
    entryMutex_.lock();
    entry = loadShared(&entry_);
    raises = entry == noEntry || level > uint32_t(entry >> 32);
    if (!raises) entryMutex_.unlock();
  }
  bool done = true;
  if (entry == noEntry) {
    slots_.markRouted(slot);
  } else {
    Scorer scorer;
    Control control;
    Watch watch(control);
    Cost cost;
    Walk walk{scorer, scratch, watch, cost, slots_.count()};
    done = store_.prepareSlot(slot, codes, scratch.query, scorer) && prepareScratch(scratch) && insertAt(walk, slot, level, entry, codes);
  }
  if (done) slots_.markLinked(slot);
  else slots_.markUnlinked(slot);
  if (raises) {
    if (done) storeShared(&entry_, uint64_t(level) << 32 | slot);
    entryMutex_.unlock();
  }
  return done ? Status::ok : fail(error, Status::noMemory, "out of memory");
}

bool Graph::insertAt(Walk& walk, uint32_t slot, uint32_t level, uint64_t entry, bool codes) noexcept {
  Scratch& scratch = walk.scratch;
  uint32_t top = uint32_t(entry >> 32);
  if (!scratch.neighbours.reserve(size_t(levelMax + 1) * m0_) || !scratch.chosen.reserve(efConstruct_ + 1)) return false;
  auto begin = [&] { return scratch.seen.start(walk.limit) && (scratch.seen.first(slot), true); };
  if (!begin()) return false;
  Entry start = makeEntry(walk.scorer.key(uint32_t(entry)), uint32_t(entry));
  scratch.seen.first(uint32_t(entry));
  uint32_t counts[levelMax + 1] = {};
  if (!descend(walk, level, top, start)) return false;
  for (uint32_t l = std::min(level, top) + 1; l-- > 0;) {
    if (!begin()) return false;
    for (uint32_t i = 0; i < scratch.starts.size(); i++) scratch.seen.first(entrySlot(scratch.starts[i]));
    if (!walkAll(walk, l, efConstruct_)) return false;
    if (!scratch.starts.start(startsMax)) return false;
    for (uint32_t i = 0; i < std::min(scratch.beam.size(), startsMax); i++) scratch.starts.add(scratch.beam[i] & ~Entry(1));
    // Tombstones route, but nothing new is tied to them while there is something alive.
    Entry* entries = scratch.chosen.data();
    uint32_t n = 0;
    for (uint32_t i = 0; i < scratch.beam.size(); i++) {
      Entry found = scratch.beam[i] & ~Entry(1);
      if (slots_.alive(entrySlot(found))) entries[n++] = found;
    }
    for (uint32_t i = 0; n == 0 && i < scratch.beam.size(); i++) entries[n++] = scratch.beam[i] & ~Entry(1);
    if (!select(entries, n, m_, codes, scratch, &counts[l])) return false;
    writeRow(slot, l, entries, counts[l]);
    std::copy(entries, entries + counts[l], scratch.neighbours.data() + size_t(l) * m0_);
  }
  slots_.markRouted(slot);
  for (uint32_t l = std::min(level, top) + 1; l-- > 0;) {
    for (uint32_t i = 0; i < counts[l]; i++) {
      Entry neighbour = scratch.neighbours[size_t(l) * m0_ + i];
      if (!linkBack(slot, entrySlot(neighbour), entryKey(neighbour), l, codes, scratch)) return false;
    }
  }
  return true;
}

}  // namespace sextant
