// Taking tombstones out of the graph in place: whoever links to one is reconnected among its own and the tombstone's
// neighbours. One sweep over all links serves a whole pass, so that nothing links to a freed slot afterwards.
#include <algorithm>

#include "../core/error.hpp"
#include "../pool/pool.hpp"
#include "graph.hpp"

namespace sextant {

struct RepairPass {
  Graph& graph;
  const uint32_t* dying;
  const Control& control;
  bool codes;
  uint32_t count;
  uint32_t next = 0;     // shared
  uint32_t stopped = 0;  // shared: 1 = stop asked, 2 = out of memory

  bool isDying(uint32_t slot) const noexcept { return (dying[slot >> 5] >> (slot & 31)) & 1; }

  static void run(void* context) noexcept {
    auto& pass = *static_cast<RepairPass*>(context);
    Scratch& scratch = threadScratch();
    Watch watch(pass.control);
    constexpr uint32_t chunk = 512;
    while (loadShared(&pass.stopped) == 0) {
      uint32_t from = __atomic_fetch_add(&pass.next, chunk, __ATOMIC_RELAXED);
      if (from >= pass.count) return;
      for (uint32_t slot = from; slot < std::min(from + chunk, pass.count); slot++) {
        if (!pass.graph.slots_.routed(slot) || pass.isDying(slot)) continue;
        if (!pass.mend(slot, scratch)) storeShared(&pass.stopped, 2u);
      }
      if (watch.look()) storeShared(&pass.stopped, std::max(loadShared(&pass.stopped), 1u));
    }
  }

  bool mend(uint32_t slot, Scratch& scratch) noexcept {
    for (uint32_t level = graph.levelOf(slot) + 1; level-- > 0;) {
      const uint32_t* links = graph.row(slot, level);
      if (links == nullptr) continue;
      bool touched = false;
      for (uint32_t i = 0; i < graph.width(level); i++) {
        uint32_t link = loadShared(links + i);
        if (link == 0) break;
        touched |= link - 1 >= count || !graph.slots_.routed(link - 1) || isDying(link - 1);
      }
      if (touched && !reconnect(slot, level, scratch)) return false;
    }
    return true;
  }

  // Unseen, routed slots that stay, from the row of `of`.
  uint32_t collect(uint32_t of, uint32_t level, Scratch& scratch, uint32_t n) const noexcept {
    const uint32_t* links = graph.row(of, level);
    for (uint32_t i = 0; links != nullptr && i < graph.width(level); i++) {
      uint32_t link = loadShared(links + i);
      if (link == 0) break;
      uint32_t next = link - 1;
      if (next >= count || isDying(next) || !graph.slots_.routed(next) || !scratch.seen.first(next)) continue;
      scratch.batch[n++] = next;
    }
    return n;
  }

  bool reconnect(uint32_t slot, uint32_t level, Scratch& scratch) noexcept {
    uint32_t width = graph.width(level);
    size_t room = size_t(width) * (width + 1);
    if (!scratch.batch.reserve(room) || !scratch.keys.reserve(room) || !scratch.neighbours.reserve(room) || !scratch.seen.start(count))
      return false;
    scratch.seen.first(slot);
    graph.lockSlot(slot);
    uint32_t own = collect(slot, level, scratch, 0), n = own;
    const uint32_t* links = graph.row(slot, level);
    for (uint32_t i = 0; i < width; i++) {
      uint32_t link = loadShared(links + i);
      if (link == 0) break;
      if (link - 1 < count && isDying(link - 1)) n = collect(link - 1, level, scratch, n);
    }
    Entry* entries = scratch.neighbours.data();
    uint32_t kept = 0;
    Scorer centre;
    bool done = graph.store_.prepareSlot(slot, codes, scratch.query, centre);
    if (done) {
      centre.keys(scratch.batch.data(), n, scratch.keys.data());
      for (uint32_t i = 0; i < n; i++) entries[i] = makeEntry(scratch.keys[i], scratch.batch[i]);
      std::sort(entries, entries + n);
      done = graph.select(entries, n, width, codes, scratch, &kept);
    }
    if (done) graph.writeRow(slot, level, entries, kept);
    graph.unlockSlot(slot);
    // Too little is left around it: it is inserted anew, and scanned by searches until then.
    if (done && level == 0 && n < std::max(2u, graph.m_ / 2) && graph.slots_.alive(slot)) graph.slots_.markUnlinked(slot);
    for (uint32_t i = 0; done && i < kept; i++)
      done = graph.linkBack(slot, entrySlot(entries[i]), entryKey(entries[i]), level, codes, scratch);
    return done;
  }
};

Status Graph::repair(const uint32_t* dying, const uint32_t* list, uint32_t n, uint32_t threads, const Control& control, bool* finished, Error& error) noexcept {
  RepairPass pass{*this, dying, control, store_.codesReady(), slots_.count()};
  runBeside(threads, RepairPass::run, &pass);
  *finished = pass.stopped == 0;
  if (pass.stopped == 2) return fail(error, Status::noMemory, "out of memory");
  MutexGuard guard(entryMutex_);
  uint32_t entry = uint32_t(loadShared(&entry_));
  bool gone = loadShared(&entry_) != noEntry && (!slots_.routed(entry) || (*finished && pass.isDying(entry)));
  if (gone) chooseEntry(*finished ? dying : nullptr);
  for (uint32_t i = 0; *finished && i < n; i++) slots_.markUnlinked(list[i]);
  return Status::ok;
}

}  // namespace sextant
