// Searching the graph: greedy descent, then best-first walks at a level.
#include <algorithm>

#include "graph.hpp"

namespace sextant {

// Collects the neighbours of `slot` that this walk has not seen and asks the memory for their rows.
uint32_t Graph::gather(Walk& walk, uint32_t slot, uint32_t level, uint32_t* batch) const noexcept {
  const uint32_t* links = row(slot, level);
  if (links == nullptr) return 0;
  uint32_t n = 0;
  for (uint32_t i = 0, room = width(level); i < room; i++) {
    uint32_t link = loadShared(links + i);
    if (link == 0) break;
    uint32_t next = link - 1;
    if (next >= walk.limit || !walk.scratch.seen.first(next) || !slots_.routed(next)) continue;
    walk.scorer.prefetch(next);
    batch[n++] = next;
  }
  walk.cost.visited++;
  walk.cost.distances += n;
  return n;
}

// Greedy from `start` down to above `level`. Leaves in `scratch.starts` the closest few nodes met on the last of these
// levels, marked as seen: one entry alone may lie in a clique of near copies whose links all lead back into it.
bool Graph::descend(Walk& walk, uint32_t level, uint32_t fromLevel, Entry start) const noexcept {
  Beam& starts = walk.scratch.starts;
  if (!starts.start(startsMax)) return false;
  uint32_t* batch = walk.scratch.batch.data();
  float* keys = walk.scratch.keys.data();
  for (uint32_t l = fromLevel; l > level && !walk.watch.over(); l--) {
    if (!starts.start(startsMax)) return false;
    starts.add(start);
    for (bool moved = true; moved;) {
      moved = false;
      uint32_t n = gather(walk, entrySlot(start), l, batch);
      walk.scorer.keys(batch, n, keys);
      for (uint32_t i = 0; i < n; i++) {
        Entry entry = makeEntry(keys[i], batch[i]);
        starts.add(entry);
        if (entry >= start) continue;
        start = entry;
        moved = true;
      }
      if (walk.watch.spend(n)) break;
    }
    // A node seen on this level may be the way on the next one.
    if (!walk.scratch.seen.start(walk.limit)) return false;
    walk.scratch.seen.first(entrySlot(start));
  }
  if (starts.size() == 0) starts.add(start);
  for (uint32_t i = 0; i < starts.size(); i++) walk.scratch.seen.first(entrySlot(starts[i]));
  return true;
}

// Best-first from `scratch.starts`; every node routes and is kept.
bool Graph::walkAll(Walk& walk, uint32_t level, uint32_t ef) const noexcept {
  Beam& beam = walk.scratch.beam;
  if (!beam.start(ef)) return false;
  for (uint32_t i = 0; i < walk.scratch.starts.size(); i++) beam.add(walk.scratch.starts[i]);
  continueAll(walk, level);
  return true;
}

void Graph::continueAll(Walk& walk, uint32_t level) const noexcept {
  Beam& beam = walk.scratch.beam;
  uint32_t* batch = walk.scratch.batch.data();
  float* keys = walk.scratch.keys.data();
  while (!beam.exhausted()) {
    uint32_t slot = entrySlot(beam.take());
    uint32_t n = gather(walk, slot, level, batch);
    if (uint32_t next; level == 0 && beam.peek(&next)) __builtin_prefetch(row(next, 0));
    walk.scorer.keys(batch, n, keys);
    for (uint32_t i = 0; i < n; i++) beam.add(makeEntry(keys[i], batch[i]));
    if (walk.watch.spend(n)) break;
  }
}

// Allowed unseen nodes one step away, and through blocked neighbours two steps away (ACORN-1, Patel et al. 2024). Only
// these are scored. Where enough neighbours are allowed, the blocked ones are left alone; where nothing is allowed within
// two steps, they are the way on and are handed out themselves.
uint32_t Graph::gatherExpanded(Walk& walk, uint32_t slot, const Allowed& allowed, uint32_t* batch) const noexcept {
  uint32_t* blocked = walk.scratch.blocked.data();
  uint32_t n = 0, blockedCount = 0, met = 0;
  auto offer = [&](uint32_t next) {
    met++;
    if (!walk.scratch.seen.first(next)) return;
    walk.scorer.prefetch(next);
    batch[n++] = next;
  };
  const uint32_t* links = row(slot, 0);
  for (uint32_t i = 0; i < m0_; i++) {
    uint32_t link = loadShared(links + i);
    if (link == 0) break;
    uint32_t next = link - 1;
    if (next >= walk.limit || !slots_.routed(next)) continue;
    if (allowed.test(next) && slots_.alive(next)) {
      offer(next);
    } else {
      __builtin_prefetch(row(next, 0));
      blocked[blockedCount++] = next;
    }
  }
  walk.cost.visited++;
  if (met >= std::max(1u, m_ / 2)) blockedCount = 0;
  uint32_t routers = 0;
  for (uint32_t b = 0; b < blockedCount; b++) {
    if (!walk.scratch.seen.first(blocked[b])) continue;
    blocked[routers++] = blocked[b];
  }
  for (uint32_t b = 0; b < routers; b++) {
    walk.cost.visited++;
    const uint32_t* further = row(blocked[b], 0);
    for (uint32_t i = 0; i < m0_; i++) {
      uint32_t link = loadShared(further + i);
      if (link == 0) break;
      uint32_t next = link - 1;
      if (next < walk.limit && allowed.test(next) && slots_.alive(next) && slots_.routed(next)) offer(next);
    }
  }
  for (uint32_t b = 0; met == 0 && b < routers; b++) batch[n++] = blocked[b];
  walk.cost.distances += n;
  return n;
}

// Best-first from what the heap holds; only allowed alive slots are kept in the beam. Without `expand` every node routes.
bool Graph::walkFiltered(Walk& walk, const Allowed& allowed, bool expand) const noexcept {
  Beam& beam = walk.scratch.beam;
  Heap& heap = walk.scratch.heap;
  uint32_t* batch = walk.scratch.batch.data();
  float* keys = walk.scratch.keys.data();
  constexpr uint32_t telling = 256;  // so many nodes say how the neighbourhood is
  uint32_t met = 0, blocked = 0;
  while (!heap.empty()) {
    Entry entry = heap.pop();
    if (!beam.admits(entry)) break;
    uint32_t n = expand ? gatherExpanded(walk, entrySlot(entry), allowed, batch) : gather(walk, entrySlot(entry), 0, batch);
    if (!heap.empty()) __builtin_prefetch(row(entrySlot(heap.top()), 0));
    walk.scorer.keys(batch, n, keys);
    for (uint32_t i = 0; i < n; i++) {
      Entry found = makeEntry(keys[i], batch[i]);
      met++;
      blocked += !allowed.test(batch[i]);
      if (!beam.admits(found)) continue;
      if (slots_.alive(batch[i]) && allowed.test(batch[i])) beam.add(found);
      if (!heap.push(found)) return false;
    }
    walk.blocked = !expand && met >= telling && double(blocked) > walk.blockedShareMax * double(met);
    if (walk.blocked || walk.watch.spend(n + 8) || walk.cost.distances > walk.distancesMax) break;
  }
  return true;
}

// Starts from the walk's seeds too, or else from a few slots spread over the index: allowed ones for a filter that may be
// far from the entry point.
bool Graph::seed(Walk& walk, const Allowed& allowed) const noexcept {
  constexpr uint32_t seedsMax = 8;
  for (uint32_t i = 0; i < walk.seedCount; i++) {
    uint32_t slot = entrySlot(walk.seeds[i]);
    if (slot >= walk.limit || !walk.scratch.seen.first(slot)) continue;
    if (slots_.alive(slot)) walk.scratch.beam.add(walk.seeds[i]);
    if (!walk.scratch.heap.push(walk.seeds[i])) return false;
  }
  if (walk.seedCount > 0) return true;
  uint32_t words = (walk.limit + 31) / 32;
  if (allowed.words != nullptr) words = std::min(words, allowed.wordCount);
  uint32_t n = 0, slots[seedsMax];
  for (uint32_t s = 0; s < seedsMax && words > 0; s++) {
    uint32_t from = uint32_t(uint64_t(words) * s / seedsMax), to = uint32_t(uint64_t(words) * (s + 1) / seedsMax);
    for (uint32_t w = from; w < to; w++) {
      uint32_t bits = loadShared(slots_.aliveWords() + w) & loadShared(slots_.routedWords() + w);
      if (allowed.words != nullptr) bits &= allowed.words[w];
      if (bits == 0) continue;
      uint32_t slot = w * 32 + uint32_t(__builtin_ctz(bits));
      if (slot < walk.limit && walk.scratch.seen.first(slot)) slots[n++] = slot;
      break;
    }
  }
  float keys[seedsMax];
  walk.scorer.keys(slots, n, keys);
  walk.cost.distances += n;
  for (uint32_t i = 0; i < n; i++) {
    Entry entry = makeEntry(keys[i], slots[i]);
    walk.scratch.beam.add(entry);
    if (!walk.scratch.heap.push(entry)) return false;
  }
  return true;
}

bool Graph::prepareScratch(Scratch& scratch) const noexcept {
  size_t batch = size_t(m0_) * (m0_ + 1);
  return scratch.batch.reserve(batch) && scratch.keys.reserve(batch) && scratch.blocked.reserve(m0_);
}

bool Graph::search(Walk& walk, uint32_t ef, const Allowed& allowed, bool expand) const noexcept {
  Scratch& scratch = walk.scratch;
  if (!prepareScratch(scratch) || !scratch.seen.start(walk.limit) || !scratch.beam.start(ef)) return false;
  uint64_t entry = loadShared(&entry_);
  if (entry == noEntry || uint32_t(entry) >= walk.limit) return true;
  uint32_t slot = uint32_t(entry);
  scratch.seen.first(slot);
  walk.cost.distances++;
  if (!descend(walk, 0, uint32_t(entry >> 32), makeEntry(walk.scorer.key(slot), slot))) return false;
  scratch.heap.clear();
  if (allowed.words == nullptr && slots_.tombstones() == 0) {
    if (!walkAll(walk, 0, ef)) return false;
    // Closed in before it had enough: look for the rest from elsewhere.
    if (scratch.beam.full() || walk.watch.over()) return true;
    if (!seed(walk, allowed)) return false;
    continueAll(walk, 0);
    return true;
  }
  for (uint32_t i = 0; i < scratch.starts.size(); i++) {
    Entry start = scratch.starts[i];
    if (slots_.alive(entrySlot(start)) && allowed.test(entrySlot(start))) scratch.beam.add(start);
    if (!scratch.heap.push(start)) return false;
  }
  if (allowed.words != nullptr && !seed(walk, allowed)) return false;
  if (!walkFiltered(walk, allowed, expand && allowed.words != nullptr)) return false;
  if (allowed.words != nullptr || scratch.beam.full() || walk.watch.over()) return true;
  return seed(walk, allowed) && walkFiltered(walk, allowed, false);
}

}  // namespace sextant
