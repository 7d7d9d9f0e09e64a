// Neighbour selection by the heuristic of Malkov & Yashunin (algorithm 4), and links back to a new node.
#include <algorithm>

#include "graph.hpp"

namespace sextant {

bool Graph::select(Entry* entries, uint32_t n, uint32_t want, bool codes, Scratch& scratch, uint32_t* kept) const noexcept {
  uint32_t taken = 0;
  if (!scratch.work.reserve(n)) return false;
  Entry* pruned = scratch.work.data();
  uint32_t prunedCount = 0;
  for (uint32_t i = 0; i < n && taken < want; i++) {
    uint32_t slot = entrySlot(entries[i]);
    float key = entryKey(entries[i]);
    Scorer pair;
    if (!store_.prepareSlot(slot, codes, scratch.third, pair)) return false;
    // Equal counts as closer: of exact copies one is kept, which leaves links for the rest of the world.
    bool diverse = true;
    for (uint32_t k = 0; k < taken && diverse; k++) diverse = pair.key(entrySlot(entries[k])) > key;
    if (diverse) entries[taken++] = entries[i];
    else pruned[prunedCount++] = entries[i];
  }
  for (uint32_t i = 0; i < prunedCount && taken < want; i++) entries[taken++] = pruned[i];
  *kept = taken;
  return true;
}

bool Graph::linkBack(uint32_t from, uint32_t to, float key, uint32_t level, bool codes, Scratch& scratch) noexcept {
  uint32_t* links = row(to, level);
  if (links == nullptr) return true;
  uint32_t room = width(level);
  if (!scratch.chosen.reserve(room + 1) || !scratch.batch.reserve(room) || !scratch.keys.reserve(room)) return false;
  Entry* entries = scratch.chosen.data();
  uint32_t* slots = scratch.batch.data();
  lockSlot(to);
  uint32_t n = 0, limit = slots_.count();
  bool present = false;
  for (uint32_t i = 0; i < room; i++) {
    uint32_t link = loadShared(links + i);
    if (link == 0) break;
    present |= link - 1 == from;
    if (link - 1 < limit && link - 1 != to && slots_.routed(link - 1)) slots[n++] = link - 1;
  }
  bool done = true;
  if (!present && n < room) {
    // Links that were dropped above (stale ones) leave a gap, so the row is written whole.
    for (uint32_t i = 0; i < n; i++) storeShared(links + i, slots[i] + 1);
    storeShared(links + n, from + 1);
    for (uint32_t i = n + 1; i < room; i++) storeShared(links + i, 0u);
    markRowDirty(to, level);
  } else if (!present) {
    Scorer centre;
    done = store_.prepareSlot(to, codes, scratch.pair, centre);
    if (done) {
      centre.keys(slots, n, scratch.keys.data());
      for (uint32_t i = 0; i < n; i++) entries[i] = makeEntry(scratch.keys[i], slots[i]);
      entries[n] = makeEntry(key, from);
      std::sort(entries, entries + n + 1);
      uint32_t kept = 0;
      done = select(entries, n + 1, room, codes, scratch, &kept);
      if (done) writeRow(to, level, entries, kept);
    }
  }
  unlockSlot(to);
  return done;
}

}  // namespace sextant
