// Searching: checks, choice of strategy, and the graph strategy with its exact scan of what is not linked yet.
#include <algorithm>

#include "error.hpp"
#include "index.hpp"
#include "slot_source.hpp"

namespace sextant {

namespace {

constexpr uint32_t batchMax = 512;

Status check(const SearchOptions& options, const SearchOutput& out, Error& error) noexcept {
  if (options.queryCount > 0 && options.queries == nullptr) return fail(error, Status::badArgument, "queries are missing");
  if (out.offsets == nullptr) return fail(error, Status::badArgument, "no place for the result");
  bool any = options.queryCount > 0 && options.topK > 0;
  if (any && (out.slots == nullptr || out.similarities == nullptr)) return fail(error, Status::badArgument, "no place for the result");
  if (options.allowedWords > 0 && options.allowed == nullptr) return fail(error, Status::badArgument, "the bitmap is missing");
  if (options.slotCount > 0 && options.slots == nullptr) return fail(error, Status::badArgument, "slots are missing");
  return Status::ok;
}

// Sorted entries to the place of query `i`, equal slots once.
void emit(SearchOutput& out, uint32_t i, uint32_t topK, const Entry* entries, uint32_t n) noexcept {
  uint32_t at = out.offsets[i], end = at + topK;
  for (uint32_t e = 0; e < n && at < end; e++) {
    out.slots[at] = entrySlot(entries[e]);
    out.similarities[at++] = 0.0f - entryKey(entries[e]);
  }
  out.offsets[i + 1] = at;
}

}  // namespace

Status Index::search(const SearchOptions& options, SearchOutput& out, Error& error) const noexcept {
  if (!restored_) return fail(error, Status::badArgument, "the arenas are not loaded");
  if (Status status = check(options, out, error); status != Status::ok) return status;
  out.visited = out.distances = out.rescored = 0;
  out.stopped = Stopped::done;
  for (uint32_t i = 0; i <= options.queryCount; i++) out.offsets[i] = 0;
  if (options.topK == 0 || slots_.count() == 0) return Status::ok;
  Watch watch(options.control);
  Cost cost;
  bool graph = options.graph && options.slots == nullptr && options_.m > 0;
  bool wide = graph && std::max(options.ef, std::min(options.topK, slots_.count())) > Graph::walkMax;
  SearchOptions plain = options;
  if (wide) plain.oversampling = std::max(1.1f, options.oversampling);  // of so many, codes misplace few
  Status status = graph && !wide ? searchGraph(options, out, watch, cost, error) : searchPlain(plain, out, watch, cost, error);
  out.visited = cost.visited;
  out.distances = cost.distances;
  out.rescored = cost.rescored;
  out.stopped = watch.stopped();
  return status;
}

Status Index::searchGraph(const SearchOptions& options, SearchOutput& out, Watch& watch, Cost& cost, Error& error) const noexcept {
  Scratch& scratch = threadScratch();
  watch.look();
  Matches matches;
  findMatches(options, matches);
  if (options.allowed != nullptr && matches.count <= Matches::exactMax) {
    SearchOptions plain = options;
    plain.oversampling = 1;
    return searchPlain(plain, out, watch, cost, error);
  }
  for (uint32_t i = 0; i < options.queryCount; i++) {
    out.offsets[i + 1] = out.offsets[i];
    if (watch.over()) continue;
    bool complete = true;
    const float* query = options.queries + size_t(i) * options_.dim;
    Status status = searchOne(options, query, matches, scratch, watch, cost, &complete, error);
    if (status != Status::ok) return status;
    if (complete || watch.over()) {
      emit(out, i, options.topK, scratch.hits.data(), scratch.hitCount);
      continue;
    }
    // The walk ran dry before it had enough although more may match: score everything that is allowed.
    SearchOptions plain = options;
    plain.graph = false;
    plain.queries = query;
    plain.queryCount = 1;
    uint32_t offsets[2] = {out.offsets[i], 0};
    SearchOutput one;
    one.offsets = offsets;
    one.slots = out.slots;
    one.similarities = out.similarities;
    status = searchPlain(plain, one, watch, cost, error);
    if (status != Status::ok) return status;
    out.offsets[i + 1] = offsets[1];
  }
  return Status::ok;
}

// Leaves sorted hits without repeats in `scratch.hits`. `complete` = false when fewer were found than may exist.
Status Index::searchOne(const SearchOptions& options, const float* query, const Matches& matches, Scratch& scratch, Watch& watch, Cost& cost, bool* complete, Error& error) const noexcept {
  auto noMemory = [&] { return fail(error, Status::noMemory, "out of memory"); };
  uint32_t count = slots_.count(), topK = std::min(options.topK, count);
  bool codes = options.codes && store_.codesReady();
  uint32_t ef = std::max({options.ef, topK, 1u});
  // Codes blur the order a little; keeping some more for the rescoring gives back the recall of the same `ef` on originals.
  if (codes && options.rescore) ef += std::max(16u, std::min(ef, count) / 8);
  ef = std::min(ef, count);
  Scorer exact, driving;
  if (!store_.prepareQuery(query, false, scratch.query, exact)) return noMemory();
  if (codes && !store_.prepareQuery(query, true, scratch.pair, driving)) return noMemory();
  // Before the walk: a slot that is linked in between is then found by one or both, never by neither.
  bool scans = !options.linkedOnly && slots_.unlinkedAlive() > 0;
  if (!scratch.fresh.start(scans ? topK : 0)) return noMemory();
  if (scans) scanUnlinked(options, exact, count, scratch.fresh, watch, cost);
  const Scorer& scorer = codes ? driving : exact;
  Walk walk{scorer, scratch, watch, cost, count};
  bool rescore = codes && options.rescore;
  if (!walkOrScan(options, walk, exact, ef, topK, matches, &rescore)) return noMemory();
  uint32_t reachable = options.allowed == nullptr ? ef : topK;  // what a filter lets through was counted by a scan
  *complete = scratch.beam.size() >= std::min(reachable, matches.count);
  return finish(options, exact, topK, rescore, scratch, cost) ? Status::ok : noMemory();
}

// From the beam and the freshly scanned to sorted hits, each slot once.
bool Index::finish(const SearchOptions&, const Scorer& exact, uint32_t topK, bool rescore, Scratch& scratch, Cost& cost) const noexcept {
  Beam& beam = scratch.beam;
  uint32_t found = beam.size(), fresh = scratch.fresh.size();
  if (!scratch.hits.reserve(size_t(found) + fresh + 1) || !scratch.batch.reserve(found) || !scratch.keys.reserve(found)) return false;
  Entry* hits = scratch.hits.data();
  for (uint32_t i = 0; i < found; i++) hits[i] = beam[i] & ~Entry(1);
  if (rescore) {
    for (uint32_t i = 0; i < found; i++) scratch.batch[i] = entrySlot(hits[i]);
    exact.keysFar(scratch.batch.data(), found, scratch.keys.data());
    for (uint32_t i = 0; i < found; i++) hits[i] = makeEntry(scratch.keys[i], scratch.batch[i]);
    cost.rescored += found;
  }
  for (uint32_t i = 0; i < fresh; i++) hits[found + i] = scratch.fresh[i] & ~Entry(1);
  uint32_t all = found + fresh, n = 0;
  if (fresh > 0 || rescore) std::partial_sort(hits, hits + std::min(all, topK + fresh), hits + all);
  // A slot that was linked meanwhile may be there twice; the fresh ones are at most topK, so the sorted part is enough.
  for (uint32_t i = 0; i < std::min(all, topK + fresh) && n < topK; i++) {
    bool repeated = false;
    for (uint32_t k = 0; fresh > 0 && k < n && !repeated; k++) repeated = entrySlot(hits[k]) == entrySlot(hits[i]);
    if (!repeated) hits[n++] = hits[i];
  }
  scratch.hitCount = n;
  return true;
}

void Index::scanUnlinked(const SearchOptions& options, const Scorer& exact, uint32_t count, Beam& into, Watch& watch, Cost& cost) const noexcept {
  Allowed allowed{options.allowed, options.allowedWords};
  uint32_t batch[batchMax];
  float keys[batchMax];
  uint32_t n = 0;
  auto flush = [&] {
    exact.keys(batch, n, keys);
    for (uint32_t i = 0; i < n; i++) into.add(makeEntry(keys[i], batch[i]));
    cost.distances += n;
    cost.visited += n;
    bool stop = watch.spend(n);
    n = 0;
    return !stop;
  };
  for (uint32_t w = slots_.unlinkedFrom() / 32; w < (count + 31) / 32; w++) {
    uint32_t bits = loadShared(slots_.aliveWords() + w) & ~loadShared(slots_.linkedWords() + w);
    for (; bits != 0; bits &= bits - 1) {
      uint32_t slot = w * 32 + uint32_t(__builtin_ctz(bits));
      if (slot >= count || !allowed.test(slot)) continue;
      batch[n++] = slot;
      if (n == batchMax && !flush()) return;
    }
  }
  flush();
}

}  // namespace sextant
