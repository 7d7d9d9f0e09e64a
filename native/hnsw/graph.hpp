// The HNSW graph (Malkov & Yashunin 2016) over the slots of a store: links in mapped arenas, inserted concurrently,
// searched without locks, repaired in place. Links are hints: whatever a link says is checked before it is followed.
#pragma once
#include <utility>

#include "../core/slots.hpp"
#include "../core/store.hpp"
#include "scratch.hpp"

namespace sextant {

// Stops long work at a deadline or a cancel; looked at every few hundred distances.
class Watch {
 public:
  explicit Watch(const Control& control) noexcept : control_(control) {}
  // Counts work; true = stop now.
  bool spend(uint32_t distances) noexcept {
    if (stopped_ != Stopped::done) return true;
    spent_ += distances;
    if (spent_ < interval) return false;
    spent_ = 0;
    return look();
  }
  bool look() noexcept {
    if (control_.cancel != nullptr && control_.cancel->load(std::memory_order_relaxed) != 0) stopped_ = Stopped::cancelled;
    else if (control_.deadlineNs != 0 && monotonicNs() >= control_.deadlineNs) stopped_ = Stopped::deadline;
    return stopped_ != Stopped::done;
  }
  Stopped stopped() const noexcept { return stopped_; }
  bool over() const noexcept { return stopped_ != Stopped::done; }

 private:
  static constexpr uint32_t interval = 256;
  const Control& control_;
  uint32_t spent_ = 0;
  Stopped stopped_ = Stopped::done;
};

struct Cost {
  uint64_t visited = 0, distances = 0, rescored = 0;
};

// What a walk may return. `words` null = all alive.
struct Allowed {
  const uint32_t* words = nullptr;
  uint32_t wordCount = 0;
  bool test(uint32_t slot) const noexcept {
    return words == nullptr || ((slot >> 5) < wordCount && ((words[slot >> 5] >> (slot & 31)) & 1));
  }
};

struct Walk {
  const Scorer& scorer;
  Scratch& scratch;
  Watch& watch;
  Cost& cost;
  uint32_t limit;  // slots at or above it are not looked at: the count when the walk began
  uint64_t distancesMax = ~uint64_t(0);  // a filtered walk gives up when `cost` is beyond it
  const Entry* seeds = nullptr;          // allowed slots to start a filtered walk from, beside the entry point's
  uint32_t seedCount = 0;
  // A filtered walk without `expand` gives up, and sets `blocked`, when more than this share of what it meets is not allowed.
  double blockedShareMax = 1;
  bool blocked = false;
};

class Graph {
 public:
  // Candidates are kept sorted; with more of them a scan is cheaper than a walk.
  static constexpr uint32_t walkMax = 4096;

  Graph(VectorStore& store, Slots& slots) noexcept : store_(store), slots_(slots) {}
  [[nodiscard]] Status configure(const IndexOptions&, Error&) noexcept;
  [[nodiscard]] Status openExisting(Error&) noexcept;
  // True when the files hold a graph of this shape for `count` slots.
  bool valid(uint32_t count) const noexcept;
  // Rebuilds what is only in memory (upper records, entry point) from the arenas; slots are restored before.
  [[nodiscard]] Status restore(uint32_t count, Error&) noexcept;
  [[nodiscard]] Status ensure(uint32_t count, Error&) noexcept;
  [[nodiscard]] Status sync(Error&) noexcept;
  ArenaMemory& links() noexcept { return links_; }
  ArenaMemory& upper() noexcept { return upper_; }

  // Puts one alive slot into the graph. Any number of threads; codes as given by `codes`.
  [[nodiscard]] Status insert(uint32_t slot, bool codes, Scratch&, Error&) noexcept;
  // Before a slot is written again: waits until no thread is inserting it, then takes it out if it is in.
  void forget(uint32_t slot) noexcept;
  // Takes `dying` tombstones (a bitmap and the list of its n slots) out of the graph. False = stopped before the end.
  [[nodiscard]] Status repair(const uint32_t* dying, const uint32_t* list, uint32_t n, uint32_t threads, const Control&, bool* finished, Error&) noexcept;

  // Leaves the best `ef` allowed alive slots in `scratch.beam`. False = out of memory.
  [[nodiscard]] bool search(Walk&, uint32_t ef, const Allowed&, bool expand) const noexcept;
  uint64_t bytes() const noexcept { return uint64_t(slots_.count()) * m0_ * 4 + upper_.size(); }

 private:
  friend struct RepairPass;
  static constexpr uint64_t noEntry = ~uint64_t(0);
  static constexpr uint32_t levelMax = 12;
  static constexpr uint32_t startsMax = 8;

  uint32_t levelOf(uint32_t slot) const noexcept;
  uint32_t width(uint32_t level) const noexcept { return level == 0 ? m0_ : m_; }
  // Links of a slot at a level, each slot + 1, the first 0 ends them; null = it has none there.
  const uint32_t* row(uint32_t slot, uint32_t level) const noexcept;
  uint32_t* row(uint32_t slot, uint32_t level) noexcept { return const_cast<uint32_t*>(std::as_const(*this).row(slot, level)); }
  void writeRow(uint32_t slot, uint32_t level, const Entry* entries, uint32_t n) noexcept;
  void lockSlot(uint32_t slot) noexcept;
  void unlockSlot(uint32_t slot) noexcept;
  void clearRows(uint32_t slot, uint32_t level) noexcept;
  void markRowDirty(uint32_t slot, uint32_t level) noexcept;
  void chooseEntry(const uint32_t* dying) noexcept;

  uint32_t gather(Walk&, uint32_t slot, uint32_t level, uint32_t* batch) const noexcept;
  uint32_t gatherExpanded(Walk&, uint32_t slot, const Allowed&, uint32_t* batch) const noexcept;
  [[nodiscard]] bool descend(Walk&, uint32_t level, uint32_t fromLevel, Entry start) const noexcept;
  [[nodiscard]] bool walkAll(Walk&, uint32_t level, uint32_t ef) const noexcept;
  void continueAll(Walk&, uint32_t level) const noexcept;
  [[nodiscard]] bool walkFiltered(Walk&, const Allowed&, bool expand) const noexcept;
  [[nodiscard]] bool seed(Walk&, const Allowed&) const noexcept;
  [[nodiscard]] bool prepareScratch(Scratch&) const noexcept;
  [[nodiscard]] bool insertAt(Walk&, uint32_t slot, uint32_t level, uint64_t entry, bool codes) noexcept;
  // Keeps a diverse part of the n sorted entries, at most `want`, at the front.
  [[nodiscard]] bool select(Entry* entries, uint32_t n, uint32_t want, bool codes, Scratch&, uint32_t* kept) const noexcept;
  [[nodiscard]] bool linkBack(uint32_t from, uint32_t to, float key, uint32_t level, bool codes, Scratch&) noexcept;

  VectorStore& store_;
  Slots& slots_;
  uint32_t m_ = 0, m0_ = 0, efConstruct_ = 0;
  uint64_t levelBounds_[levelMax] = {};
  ArenaMemory links_, upper_, upperRefs_, locks_;
  uint64_t entry_ = noEntry;  // level << 32 | slot
  Mutex entryMutex_;
  uint32_t placed_ = 0;      // slots whose upper records have their place
  uint64_t upperEnd_ = 0;  // words
};

}  // namespace sextant
