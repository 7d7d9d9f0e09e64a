// The implementation of VectorIndex: a store, the state of its slots and a graph over them.
#pragma once
#include "../hnsw/graph.hpp"
#include "slots.hpp"
#include "store.hpp"
#include "vector_index.hpp"

namespace sextant {

class Index final : public VectorIndex {
 public:
  Index() noexcept : graph_(store_, slots_) {}
  Status openWith(const IndexOptions&, Error&) noexcept;

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
  Status searchOne(const SearchOptions&, const float* query, uint32_t matching, Scratch&, Watch&, Cost&, bool* complete, Error&) const noexcept;
  Status searchPlain(const SearchOptions&, SearchOutput&, Watch&, Cost&, Error&) const noexcept;
  uint32_t countMatching(const SearchOptions&) const noexcept;
  [[nodiscard]] bool walkOrScan(const SearchOptions&, Walk&, uint32_t ef, uint32_t matching) const noexcept;
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
