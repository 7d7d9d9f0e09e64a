// The implementation of VectorIndex: a store, the state of its slots and a graph over them.
#pragma once
#include "../hnsw/graph.hpp"
#include "slots.hpp"
#include "store.hpp"
#include "vector_index.hpp"

namespace sextant {

// What a filter lets through: how many slots of the graph, and a fair sample of them.
struct Matches {
  static constexpr uint32_t sampleMax = 256;
  static constexpr uint32_t exactMax = 512;  // so few are scored on originals at once, without a sample
  uint32_t count = 0, sampled = 0;
  uint32_t slots[sampleMax];
};

class Index final : public VectorIndex {
 public:
  Index() noexcept : graph_(store_, slots_) {}
  Status openWith(const IndexOptions&, Error&) noexcept;

  Status reserve(uint32_t count, Error&) noexcept override;
  Status write(const uint32_t* slots, uint32_t n, const float* vectors, Error&) noexcept override;
  Status read(const uint32_t* slots, uint32_t n, float* out, Error&) const noexcept override;
  Status remove(const uint32_t* slots, uint32_t n, Error&) noexcept override;
  Status score(const float* query, const uint32_t* slots, uint32_t n, float* out, Error&) const noexcept override;
  Status link(uint32_t max, uint32_t threads, const Control&, uint32_t* linkedOut, Error&) noexcept override;
  Status repair(uint32_t max, uint32_t threads, const Control&, uint32_t* freed, uint32_t* freedCount, Error&) noexcept override;
  Status search(const SearchOptions&, SearchOutput&, Error&) const noexcept override;
  Status linkedWords(uint32_t* words, uint32_t wordCount, Error&) const noexcept override;
  Status sync(Error&) noexcept override;
  Counters counters() const noexcept override;
  Status takeDirty(Arena, uint64_t* offset, uint64_t* length, const uint8_t** bytes, Error&) noexcept override;
  Status load(Arena, uint64_t offset, const uint8_t* bytes, uint64_t length, Error&) noexcept override;
  Status loaded(Error&) noexcept override;

 private:
  friend struct LinkPass;
  Status restore(Error&) noexcept;
  Status ensure(uint32_t count, Error&) noexcept;
  Status trainIfDue(Error&) noexcept;
  ArenaMemory& arena(Arena) noexcept;
  Status searchGraph(const SearchOptions&, SearchOutput&, Watch&, Cost&, Error&) const noexcept;
  Status searchOne(const SearchOptions&, const float* query, const Matches&, Scratch&, Watch&, Cost&, bool* complete, Error&) const noexcept;
  Status searchPlain(const SearchOptions&, SearchOutput&, Watch&, Cost&, Error&) const noexcept;
  void findMatches(const SearchOptions&, Matches&) const noexcept;
  [[nodiscard]] bool walkOrScan(const SearchOptions&, Walk&, const Scorer& exact, uint32_t ef, uint32_t topK, const Matches&, bool* rescore) const noexcept;
  [[nodiscard]] bool rescoreBeam(Walk&, const Scorer& exact, uint32_t topK) const noexcept;
  bool walkMissed(Walk&, uint32_t topK, const Entry* sample, uint32_t sampled) const noexcept;
  [[nodiscard]] bool scanRescored(const SearchOptions&, Walk&, const Scorer& exact, uint32_t topK, uint32_t matching, const Entry* sample, uint32_t sampled) const noexcept;
  [[nodiscard]] bool scanLinked(const SearchOptions&, Walk&, uint32_t room) const noexcept;
  [[nodiscard]] bool finish(const SearchOptions&, const Scorer& exact, uint32_t topK, bool rescore, Scratch&, Cost&) const noexcept;
  void scanUnlinked(const SearchOptions&, const Scorer&, uint32_t count, Beam&, Watch&, Cost&) const noexcept;

  IndexOptions options_;      // its pointers are only valid before `restored_`
  Buffer<uint32_t> restoreWords_;  // alive, then linked, kept from open to loaded in memory-only mode
  bool restored_ = false;
  mutable Mutex passMutex_;  // link and repair exclude each other
  Mutex syncMutex_;
  VectorStore store_;
  Slots slots_;
  Graph graph_;
};

}  // namespace sextant
