// Writing, reading and removing vectors, and the background passes over the graph.
#include <algorithm>

#include "../pool/pool.hpp"
#include "error.hpp"
#include "index.hpp"

namespace sextant {

namespace {
// A range for codes is worth something once there are this many vectors to learn it from.
constexpr uint32_t trainRowsMin = 1000;
}  // namespace

Status Index::ensure(uint32_t count, Error& error) noexcept {
  if (Status status = store_.ensure(count, error); status != Status::ok) return status;
  if (Status status = graph_.ensure(count, error); status != Status::ok) return status;
  return slots_.ensure(count, error);
}

Status Index::reserve(uint32_t count, Error& error) noexcept {
  if (!restored_) return fail(error, Status::badArgument, "the arenas are not loaded");
  if (count > options_.capacity) return fail(error, Status::full, "%u slots are more than the capacity", count);
  return count == 0 ? Status::ok : ensure(count, error);
}

Status Index::write(const uint32_t* slots, uint32_t n, const float* vectors, Error& error) noexcept {
  if (!restored_) return fail(error, Status::badArgument, "the arenas are not loaded");
  if (n > 0 && (slots == nullptr || vectors == nullptr)) return fail(error, Status::badArgument, "slots or vectors are missing");
  uint32_t highest = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] >= options_.capacity) return fail(error, Status::full, "slot %u is beyond the capacity", slots[i]);
    highest = std::max(highest, slots[i]);
  }
  if (n == 0) return Status::ok;
  if (Status status = ensure(highest + 1, error); status != Status::ok) return status;
  QueryMemory memory;
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] < slots_.count()) graph_.forget(slots[i]);
    if (!store_.writeRow(slots[i], vectors + size_t(i) * options_.dim, memory)) return fail(error, Status::noMemory, "out of memory");
    slots_.markAlive(slots[i]);
  }
  return Status::ok;
}

Status Index::read(const uint32_t* slots, uint32_t n, float* out, Error& error) const noexcept {
  if (n > 0 && (slots == nullptr || out == nullptr)) return fail(error, Status::badArgument, "slots or room is missing");
  uint32_t count = slots_.count();
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] >= count) return fail(error, Status::badArgument, "slot %u was never written", slots[i]);
    store_.readRow(slots[i], out + size_t(i) * options_.dim);
  }
  return Status::ok;
}

Status Index::remove(const uint32_t* slots, uint32_t n, Error& error) noexcept {
  if (n > 0 && slots == nullptr) return fail(error, Status::badArgument, "slots are missing");
  uint32_t count = slots_.count();
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] >= count) return fail(error, Status::badArgument, "slot %u was never written", slots[i]);
  }
  for (uint32_t i = 0; i < n; i++) slots_.markRemoved(slots[i]);
  return Status::ok;
}

Status Index::score(const float* query, const uint32_t* slots, uint32_t n, float* out, Error& error) const noexcept {
  if (query == nullptr || (n > 0 && (slots == nullptr || out == nullptr))) return fail(error, Status::badArgument, "query, slots or room is missing");
  uint32_t count = slots_.count();
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] >= count) return fail(error, Status::badArgument, "slot %u was never written", slots[i]);
  }
  QueryMemory memory;
  Scorer scorer;
  if (!store_.prepareQuery(query, false, memory, scorer)) return fail(error, Status::noMemory, "out of memory");
  scorer.keys(slots, n, out);
  for (uint32_t i = 0; i < n; i++) out[i] = 0.0f - out[i];
  return Status::ok;
}

// Work shared by the threads of one link pass.
struct LinkPass {
  Index& index;
  const Control& control;
  const uint32_t* slots;
  uint32_t n;
  bool codes;
  uint32_t next = 0, linked = 0, stopped = 0;  // shared
  Status status = Status::ok;
  Error error{};
  Mutex mutex{};

  static void run(void* context) noexcept {
    auto& pass = *static_cast<LinkPass*>(context);
    Scratch& scratch = threadScratch();
    Watch watch(pass.control);
    while (loadShared(&pass.stopped) == 0) {
      uint32_t i = __atomic_fetch_add(&pass.next, 1u, __ATOMIC_RELAXED);
      if (i >= pass.n || watch.look()) return;
      Error error;
      Status status = pass.index.graph_.insert(pass.slots[i], pass.codes, scratch, error);
      if (status == Status::ok) {
        __atomic_fetch_add(&pass.linked, 1u, __ATOMIC_RELAXED);
        continue;
      }
      MutexGuard guard(pass.mutex);
      pass.status = status;
      pass.error = error;
      storeShared(&pass.stopped, 1u);
    }
  }
};

Status Index::trainIfDue(Error& error) noexcept {
  if (!store_.wantsCodes() || store_.codesReady()) return Status::ok;
  if (slots_.linkedAlive() + slots_.unlinkedAlive() < trainRowsMin) return Status::ok;
  return store_.trainCodes(slots_, options_.quantile, error);
}

Status Index::link(uint32_t max, uint32_t threads, const Control& control, uint32_t* linkedOut, Error& error) noexcept {
  if (linkedOut == nullptr) return fail(error, Status::badArgument, "no place for the result");
  *linkedOut = 0;
  bool lacksCodes = store_.wantsCodes() && !store_.codesReady();
  if (options_.m == 0 || max == 0 || (slots_.unlinkedAlive() == 0 && !lacksCodes)) return Status::ok;
  MutexGuard guard(passMutex_);
  if (Status status = trainIfDue(error); status != Status::ok) return status;
  Buffer<uint32_t> slots;
  uint32_t n = 0, count = slots_.count();
  if (!slots.reserve(std::min(max, slots_.unlinkedAlive()) + 1)) return fail(error, Status::noMemory, "out of memory");
  for (uint32_t w = slots_.unlinkedFrom() / 32; w < (count + 31) / 32; w++) {
    uint32_t bits = loadShared(slots_.aliveWords() + w) & ~loadShared(slots_.linkedWords() + w);
    for (; bits != 0 && n < max && n < slots.room(); bits &= bits - 1) {
      uint32_t slot = w * 32 + uint32_t(__builtin_ctz(bits));
      if (slot < count) slots[n++] = slot;
    }
  }
  LinkPass pass{*this, control, slots.data(), n, store_.codesReady()};
  runBeside(threads, LinkPass::run, &pass);
  slots_.advanceUnlinkedFrom();
  *linkedOut = pass.linked;
  if (pass.status != Status::ok) error = pass.error;
  return pass.status;
}

Status Index::repair(uint32_t max, uint32_t threads, const Control& control, uint32_t* freed, uint32_t* freedCount, Error& error) noexcept {
  if (freedCount == nullptr || (freed == nullptr && max > 0)) return fail(error, Status::badArgument, "no place for the result");
  *freedCount = 0;
  if (options_.m == 0 || max == 0 || slots_.tombstones() == 0) return Status::ok;
  MutexGuard guard(passMutex_);
  uint32_t count = slots_.count(), n = 0;
  Buffer<uint32_t> dying;
  if (!dying.reserveZeroed((count + 31) / 32)) return fail(error, Status::noMemory, "out of memory");
  for (uint32_t w = 0; w < (count + 31) / 32 && n < max; w++) {
    uint32_t bits = loadShared(slots_.linkedWords() + w) & ~loadShared(slots_.aliveWords() + w);
    for (; bits != 0 && n < max; bits &= bits - 1) {
      dying[w] |= bits & (0 - bits);
      freed[n++] = w * 32 + uint32_t(__builtin_ctz(bits));
    }
  }
  bool finished = false;
  Status status = graph_.repair(dying.data(), freed, n, threads, control, &finished, error);
  if (finished && status == Status::ok) *freedCount = n;
  return status;
}

Status Index::linkedWords(uint32_t* words, uint32_t wordCount, Error& error) const noexcept {
  if (words == nullptr && wordCount > 0) return fail(error, Status::badArgument, "no place for the result");
  uint32_t have = (slots_.count() + 31) / 32;
  for (uint32_t i = 0; i < wordCount; i++) words[i] = i < have ? loadShared(slots_.linkedWords() + i) : 0;
  return Status::ok;
}

Counters Index::counters() const noexcept {
  Counters result;
  result.count = slots_.count();
  result.linked = slots_.linkedAlive();
  result.unlinked = slots_.unlinkedAlive();
  result.tombstones = slots_.tombstones();
  result.vectorBytes = uint64_t(result.count) * store_.vectorStride();
  result.codeBytes = store_.codesReady() ? uint64_t(result.count) * store_.codeStride() : 0;
  result.linkBytes = graph_.bytes();
  return result;
}

}  // namespace sextant
