// Filtered searches: walk or scan, whichever costs less; and how a scan of codes or a walk knows that it missed nothing.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "error.hpp"
#include "index.hpp"
#include "slot_source.hpp"

#if defined(__x86_64__)
#define SEXTANT_POPCOUNT __attribute__((target("popcnt")))  // every CPU with AVX2 or SSE4.2 has it
#else
#define SEXTANT_POPCOUNT
#endif

namespace sextant {

namespace {

constexpr uint32_t seedsMax = 16;     // the best of the sample start the walk
constexpr float deviations = 3;       // one neighbour in 700 has a code that is further off
constexpr double denseShare = 0.6;    // a scan of codes that would rescore more than this share goes to the originals at once
constexpr float bulkShare = 0.2f;     // see `walkMissed`
constexpr uint32_t missedMax = 1;     // same
constexpr double widerWalk = 2.5;     // times `ef`: through a filter links lead less well, and the scan it saves is far dearer

float deviationOf(double sum, double squares, uint32_t n, float* mean) noexcept {
  double average = sum / n;
  *mean = float(average);
  return float(std::sqrt(std::max(0.0, squares / n - average * average)));
}

// How far the key of a code may be above the one of its original. The rounding of a component is uniform, so the error of
// a key is nearly normal with the deviation `Scorer::codeDeviation`; what the rescored rows show (values beyond the
// trained range, rows much longer than the query) widens it. Rows are rescored up to that limit itself, not
// for being the best by code, so that what they show is fair.
class CodeError {
 public:
  explicit CodeError(const Scorer& codes) noexcept : codes_(codes) {}
  void see(float code, float exact) noexcept {
    double error = double(code) - double(exact);
    if (!std::isfinite(error)) return;
    seen_++;
    sum_ += error;
    squares_ += error * error;
  }
  // No row whose original is at `key` has a code beyond this, but for a few in a thousand.
  float limit(float key) const noexcept {
    float mean = 0, deviation = codes_.codeDeviation(key);
    if (seen_ >= 16) deviation = std::max(deviation, deviationOf(sum_, squares_, seen_, &mean));
    return key + std::max(0.0f, mean) + deviations * deviation;
  }

 private:
  const Scorer& codes_;
  uint32_t seen_ = 0;
  double sum_ = 0, squares_ = 0;
};

// Rows that wait for their original, scored together so that memory is asked for ahead.
struct Pending {
  static constexpr uint32_t room = 64;
  uint32_t n = 0;
  uint32_t slots[room];
  float codes[room], keys[room];
};

}  // namespace

// How many slots a walk may return, and every so manieth of them.
SEXTANT_POPCOUNT void Index::findMatches(const SearchOptions& options, Matches& matches) const noexcept {
  matches.count = slots_.linkedAlive();
  matches.sampled = 0;
  if (options.allowed == nullptr) return;
  uint32_t words = std::min((slots_.count() + 31) / 32, options.allowedWords);
  const uint32_t *alive = slots_.aliveWords(), *linked = slots_.linkedWords();
  auto bitsAt = [&](uint32_t w) { return options.allowed[w] & __atomic_load_n(alive + w, __ATOMIC_RELAXED) & __atomic_load_n(linked + w, __ATOMIC_RELAXED); };
  uint32_t total = 0;
  uint32_t pairs = words / 2;
  for (uint32_t p = 0; p < pairs; p++) {  // the slots' own words are aligned for this
    uint64_t bits;
    memcpy(&bits, options.allowed + 2 * p, sizeof bits);
    bits &= __atomic_load_n(reinterpret_cast<const uint64_t*>(alive) + p, __ATOMIC_RELAXED) & __atomic_load_n(reinterpret_cast<const uint64_t*>(linked) + p, __ATOMIC_RELAXED);
    total += uint32_t(__builtin_popcountll(bits));
  }
  if (words % 2 != 0) total += uint32_t(__builtin_popcount(bitsAt(words - 1)));
  matches.count = total;
  if (total <= Matches::exactMax) return;
  uint32_t wanted = std::min(Matches::sampleMax, total / 16);
  uint32_t seen = 0;
  for (uint32_t w = 0; w < words && matches.sampled < wanted; w++) {
    uint32_t bits = bitsAt(w), in = uint32_t(__builtin_popcount(bits)), skipped = 0;
    for (; matches.sampled < wanted; matches.sampled++) {
      uint32_t rank = uint32_t((uint64_t(total) * matches.sampled + total / 2) / wanted);
      if (rank >= seen + in) break;
      for (; skipped < rank - seen; skipped++) bits &= bits - 1;
      matches.slots[matches.sampled] = w * 32 + uint32_t(__builtin_ctz(bits));
    }
    seen += in;
  }
}

// A walk through a filter costs about `walkFactor` x ef / selectivity random rows; a scan of the matching slots reads
// each once, in order and `scanFactor` times faster. A walk that turns out dearer, or that a sample of what
// matches shows to have missed something, is given up for the scan. `rescore` tells whether the beam still needs it.
bool Index::walkOrScan(const SearchOptions& options, Walk& walk, const Scorer& exact, uint32_t ef, uint32_t topK, const Matches& matches, bool* rescore) const noexcept {
  constexpr double walkFactor = 10, scanFactor = 4, expandMax = 0.4;
  Allowed allowed{options.allowed, options.allowedWords};
  if (allowed.words == nullptr) return graph_.search(walk, ef, allowed, false);
  Entry sample[Matches::sampleMax];
  uint32_t matching = matches.count;
  double selectivity = double(matching) / double(std::max(1u, slots_.linkedAlive()));
  double walkRows = walkFactor * double(ef) / std::max(selectivity, 1e-9);
  bool codes = &walk.scorer != &exact, walks = matches.sampled > 0 && double(matching) > walkRows * scanFactor;
  if (!codes && !walks) return scanLinked(options, walk, topK);
  uint32_t sampled = matches.sampled;
  float keys[Matches::sampleMax];
  walk.scorer.keysFar(matches.slots, sampled, keys);
  for (uint32_t i = 0; i < sampled; i++) sample[i] = makeEntry(keys[i], matches.slots[i]);
  std::sort(sample, sample + sampled);
  walk.cost.distances += sampled;
  if (walks) {
    walk.distancesMax = walk.cost.distances + uint64_t(std::min(double(matching) / scanFactor, 4 * widerWalk * walkRows)) + ef;
    walk.seeds = sample;
    walk.seedCount = std::min(sampled, seedsMax);
    walk.blockedShareMax = 1 - selectivity / 2;  // of nodes that do not go with the filter it is 1 - selectivity
    uint32_t wide = std::min(uint32_t(widerWalk * double(ef)), std::max(ef, Graph::walkMax));
    // Where most slots are allowed, their own links connect them well enough.
    if (!graph_.search(walk, wide, allowed, options.expand && selectivity <= expandMax)) return false;
    if (walk.watch.over()) return true;
    bool enough = !walk.blocked && walk.cost.distances <= walk.distancesMax && walk.scratch.beam.size() >= std::min(wide, matching);
    if (enough && !walkMissed(walk, topK, sample, sampled)) {
      if (!*rescore) return true;
      *rescore = false;
      return rescoreBeam(walk, exact, topK);
    }
  }
  if (!codes) return scanLinked(options, walk, topK);
  if (!*rescore) return scanLinked(options, walk, ef);
  *rescore = false;
  return scanRescored(options, walk, exact, topK, matching, sample, sampled);
}

// Far from the query all similarities are nearly the same and links lead nowhere: the best of what matches are the edge of
// a bulk. Then many of a sample are hardly further than the topK-th found (by a fifth of the way to the middle of the
// sample, or by what codes blur), and a walk that did not meet them says little. Near the query there are none.
bool Index::walkMissed(Walk& walk, uint32_t topK, const Entry* sample, uint32_t sampled) const noexcept {
  Beam& beam = walk.scratch.beam;
  if (sampled == 0) return false;
  float last = entryKey(beam[std::min(topK, beam.size()) - 1]), middle = entryKey(sample[sampled / 2]);
  float limit = std::max(last + bulkShare * (middle - last), last + deviations * walk.scorer.codeDeviation(last));
  uint32_t missed = 0;
  for (uint32_t i = 0; i < sampled && entryKey(sample[i]) <= limit; i++) {
    bool found = false;
    for (uint32_t b = 0; b < beam.size() && !found; b++) found = entrySlot(beam[b]) == entrySlot(sample[i]);
    if (found) continue;
    if (entryKey(sample[i]) < last || ++missed > missedMax) return true;
  }
  return false;
}

// Puts the topK best on originals into the beam; those whose code is too bad to be one of them are not read.
bool Index::rescoreBeam(Walk& walk, const Scorer& exact, uint32_t topK) const noexcept {
  Beam& beam = walk.scratch.beam;
  uint32_t found = beam.size();
  Buffer<Entry>& entries = walk.scratch.hits;
  if (!entries.reserve(found)) return false;
  std::copy(beam.data(), beam.data() + found, entries.data());
  if (!beam.start(topK)) return false;
  CodeError error(walk.scorer);
  float limit = __builtin_inff(), keys[Pending::room];
  uint32_t slots[Pending::room], at = 0;
  while (at < found && entryKey(entries[at]) <= limit) {
    uint32_t n = 0;
    for (; n < Pending::room / 2 && at + n < found && entryKey(entries[at + n]) <= limit; n++) slots[n] = entrySlot(entries[at + n]);
    exact.keysFar(slots, n, keys);
    for (uint32_t i = 0; i < n; i++) {
      error.see(entryKey(entries[at + i]), keys[i]);
      beam.add(makeEntry(keys[i], slots[i]));
    }
    at += n;
    if (beam.full()) limit = error.limit(entryKey(beam.worst()));
  }
  walk.cost.rescored += at;
  return true;
}

// The best `room` matching slots into the beam, by the walk's scorer.
bool Index::scanLinked(const SearchOptions& options, Walk& walk, uint32_t room) const noexcept {
  Beam& beam = walk.scratch.beam;
  if (!beam.start(room)) return false;
  SearchOptions linked = options;
  linked.linkedOnly = true;
  SlotSource source(linked, slots_, walk.limit);
  uint32_t block[blockRows];
  float keys[blockRows];
  for (uint32_t n = source.next(block); n > 0; n = source.next(block)) {
    walk.scorer.keysFar(block, n, keys);
    for (uint32_t i = 0; i < n; i++) beam.add(makeEntry(keys[i], block[i]));
    walk.cost.visited += n;
    walk.cost.distances += n;
    if (walk.watch.spend(n)) break;
  }
  return true;
}

// The topK best on originals into the beam; a row is read only if its code may belong to one of them. The sample gives
// the first limit, and tells when so many rows would be read that codes are no help.
bool Index::scanRescored(const SearchOptions& options, Walk& walk, const Scorer& exact, uint32_t topK, uint32_t matching, const Entry* sample, uint32_t sampled) const noexcept {
  CodeError error(walk.scorer);
  float limit = __builtin_inff();
  uint32_t dense = matching;
  if (sampled >= 2 * topK) {
    float worst = -__builtin_inff();
    for (uint32_t i = 0; i < topK; i++) {
      float key = exact.key(entrySlot(sample[i]));
      worst = std::max(worst, key);
    }
    walk.cost.rescored += topK;
    limit = error.limit(worst);
    dense = uint32_t(std::count_if(sample, sample + sampled, [&](Entry entry) { return entryKey(entry) <= limit; }));
    dense = uint32_t(double(matching) * dense / sampled);
  }
  if (double(dense) > denseShare * double(matching)) {
    Walk originals{exact, walk.scratch, walk.watch, walk.cost, walk.limit};
    return scanLinked(options, originals, topK);
  }
  Beam& beam = walk.scratch.beam;
  if (!beam.start(topK)) return false;
  Pending pending;
  auto flush = [&] {
    exact.keysFar(pending.slots, pending.n, pending.keys);
    for (uint32_t i = 0; i < pending.n; i++) {
      error.see(pending.codes[i], pending.keys[i]);
      beam.add(makeEntry(pending.keys[i], pending.slots[i]));
    }
    walk.cost.rescored += pending.n;
    pending.n = 0;
    if (beam.full()) limit = std::min(limit, error.limit(entryKey(beam.worst())));
  };
  SearchOptions linked = options;
  linked.linkedOnly = true;
  SlotSource source(linked, slots_, walk.limit);
  uint32_t block[blockRows];
  float keys[blockRows];
  for (uint32_t n = source.next(block); n > 0; n = source.next(block)) {
    walk.scorer.keysFar(block, n, keys);
    for (uint32_t i = 0; i < n; i++) {
      if (!(keys[i] <= limit)) continue;
      pending.codes[pending.n] = keys[i];
      pending.slots[pending.n++] = block[i];
      if (pending.n == Pending::room) flush();
    }
    walk.cost.visited += n;
    walk.cost.distances += n;
    if (walk.watch.spend(n)) break;
  }
  flush();
  return true;
}

}  // namespace sextant
