// The exact scan: all queries pass over a block of rows together, so that memory is read once.
#include <algorithm>

#include "error.hpp"
#include "index.hpp"
#include "slot_source.hpp"

namespace sextant {

namespace {

// The best `room` entries as a max-heap.
struct Top {
  Entry* entries;
  uint32_t room, size;
  void add(Entry entry) noexcept {
    if (size < room) {
      entries[size++] = entry;
      std::push_heap(entries, entries + size);
    } else if (entry < entries[0]) {
      std::pop_heap(entries, entries + size);
      entries[size - 1] = entry;
      std::push_heap(entries, entries + size);
    }
  }
};

}  // namespace

Status Index::searchPlain(const SearchOptions& options, SearchOutput& out, Watch& watch, Cost& cost, Error& error) const noexcept {
  auto noMemory = [&] { return fail(error, Status::noMemory, "out of memory"); };
  uint32_t count = slots_.count(), queryCount = options.queryCount;
  uint32_t most = options.slots != nullptr ? options.slotCount : count;
  uint32_t topK = std::min(options.topK, most);
  bool codes = options.codes && options.oversampling > 1 && options.slots == nullptr && store_.codesReady();
  bool rescore = codes && options.rescore;
  double wanted = rescore ? double(topK) * double(options.oversampling) : double(topK);
  uint32_t room = wanted < double(most) ? uint32_t(wanted) : most;
  Buffer<Entry> entries;
  Buffer<Top> tops;
  Buffer<Scorer> scorers;
  Buffer<float> floats;
  auto* memories = new (std::nothrow) QueryMemory[size_t(queryCount) * (codes ? 2 : 1)];
  std::unique_ptr<QueryMemory[]> owner(memories);
  if (memories == nullptr || !entries.reserve(size_t(queryCount) * room + 1) || !tops.reserve(queryCount) || !scorers.reserve(size_t(queryCount) * 2)) return noMemory();
  for (uint32_t q = 0; q < queryCount; q++) {
    const float* query = options.queries + size_t(q) * options_.dim;
    tops[q] = {entries.data() + size_t(q) * room, room, 0};
    scorers[q] = scorers[queryCount + q] = Scorer();
    if (!store_.prepareQuery(query, false, memories[q], scorers[q])) return noMemory();
    if (codes && !store_.prepareQuery(query, true, memories[queryCount + q], scorers[queryCount + q])) return noMemory();
  }
  SlotSource source(options, slots_, count);
  uint32_t block[blockRows], coded[blockRows];
  float keys[blockRows];
  watch.look();
  while (!watch.over()) {
    uint32_t n = source.next(block);
    if (n == 0) break;
    uint32_t codedCount = 0, plainCount = 0;
    // Only linked slots have codes for sure.
    for (uint32_t i = 0; i < n; i++) {
      if (codes && slots_.linked(block[i])) coded[codedCount++] = block[i];
      else block[plainCount++] = block[i];
    }
    for (uint32_t q = 0; q < queryCount; q++) {
      scorers[q].keysFar(block, plainCount, keys);
      for (uint32_t i = 0; i < plainCount; i++) tops[q].add(makeEntry(keys[i], block[i]));
      if (codedCount == 0) continue;
      scorers[queryCount + q].keysFar(coded, codedCount, keys);
      for (uint32_t i = 0; i < codedCount; i++) tops[q].add(makeEntry(keys[i], coded[i]));
    }
    cost.visited += n;
    cost.distances += uint64_t(n) * queryCount;
    watch.spend(n * std::min(queryCount, 1024u));
  }
  for (uint32_t q = 0; q < queryCount; q++) {
    Top& top = tops[q];
    for (uint32_t i = 0; rescore && i < top.size; i++) {
      uint32_t slot = entrySlot(top.entries[i]);
      top.entries[i] = makeEntry(scorers[q].key(slot), slot);
    }
    if (rescore) cost.rescored += top.size;
    std::sort(top.entries, top.entries + top.size);
    // A list may name a slot twice; equal entries are neighbours now.
    uint32_t n = uint32_t(std::unique(top.entries, top.entries + top.size) - top.entries);
    uint32_t at = out.offsets[q];
    for (uint32_t i = 0; i < n && i < topK; i++, at++) {
      out.slots[at] = entrySlot(top.entries[i]);
      out.similarities[at] = 0.0f - entryKey(top.entries[i]);
    }
    out.offsets[q + 1] = at;
  }
  return Status::ok;
}

}  // namespace sextant
