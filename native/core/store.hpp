// The stored vectors of an index and their codes: rows in, rows out, prepared queries.
#pragma once
#include "../quantization/codec.hpp"
#include "arena.hpp"
#include "scorer.hpp"
#include "slots.hpp"
#include "vector_index.hpp"

namespace sextant {

class VectorStore {
 public:
  [[nodiscard]] Status configure(const IndexOptions&, Error&) noexcept;
  [[nodiscard]] Status openExisting(Error&) noexcept;
  [[nodiscard]] Status ensure(uint32_t count, Error&) noexcept;  // room for vectors (and codes once trained)
  // Takes a stored code range into use; false = there is none that is valid for `count` slots.
  bool adoptCodes(uint32_t count) noexcept;

  // Normalises, narrows and stores one vector. `memory` is for the work.
  [[nodiscard]] bool writeRow(uint32_t slot, const float* raw, QueryMemory& memory) noexcept;
  void readRow(uint32_t slot, float* out) const noexcept;

  bool wantsCodes() const noexcept { return wantsCodes_; }
  bool codesReady() const noexcept { return loadShared(&codesReady_); }
  // Fixes the range from alive slots, if they tell one, and encodes what is linked. Called with the graph's writers excluded.
  [[nodiscard]] Status trainCodes(const Slots&, float quantile, Error&) noexcept;
  [[nodiscard]] bool encodeSlot(uint32_t slot, QueryMemory& memory) noexcept;

  // Prepares a raw query (normalised, narrowed here) or a stored row as one. False = out of memory.
  [[nodiscard]] bool prepareQuery(const float* raw, bool codes, QueryMemory& memory, Scorer& out) const noexcept;
  [[nodiscard]] bool prepareSlot(uint32_t slot, bool codes, QueryMemory& memory, Scorer& out) const noexcept;

  ArenaMemory& vectors() noexcept { return vectors_; }
  ArenaMemory& codes() noexcept { return codes_; }
  uint64_t vectorStride() const noexcept { return vectorStride_; }
  uint64_t codeStride() const noexcept { return codeStride_; }
  // The range goes to the file with a sync only, after the codes it describes.
  [[nodiscard]] Status sync(Error&) noexcept;
  void publishCodeHeader() noexcept;

  static constexpr uint64_t headerBytes = 4096;

 private:
  bool normalises() const noexcept { return distance_ == Distance::cosine && datatype_ != Datatype::u8; }
  bool comparesByDot() const noexcept { return distance_ == Distance::dot || distance_ == Distance::cosine; }
  void originalScorer(Scorer&) const noexcept;
  bool prepareFloats(const float* values, bool codes, QueryMemory&, Scorer&) const noexcept;
  uint8_t* codeRow(uint32_t slot) noexcept { return codes_.base() + headerBytes + uint64_t(slot) * codeStride_; }
  void codeScorer(Scorer&) const noexcept;
  void readSample(const Slots&, Buffer<float>&, size_t* n) const noexcept;

  uint32_t dim_ = 0;
  Distance distance_ = Distance::dot;
  Datatype datatype_ = Datatype::f32;
  bool wantsCodes_ = false;
  bool codesReady_ = false;
  uint64_t vectorStride_ = 0, codeStride_ = 0, capacity_ = 0;
  CodeRange range_;
  ArenaMemory vectors_, codes_;
};

}  // namespace sextant
