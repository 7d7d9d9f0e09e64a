// What the addon and the WebAssembly exports share: the flags of a search, and the form of its results for TypeScript.
// src/engine/search-block.ts is the other side; a test compares the flags.
#pragma once
#include <cstring>

#include "../core/buffer.hpp"
#include "../core/vector_index.hpp"

namespace sextant {

enum SearchFlag : uint32_t {
  flagGraph = 1,
  flagExpand = 2,
  flagCodes = 4,
  flagRescore = 8,
  flagLinkedOnly = 16,
};
constexpr uint32_t searchFlagsAll = 31;

// The most hits one search may ask for, over all its queries.
constexpr uint64_t hitsMax = uint64_t(1) << 28;

inline void setFlags(SearchOptions& options, uint32_t flags) noexcept {
  options.graph = flags & flagGraph;
  options.expand = flags & flagExpand;
  options.codes = flags & flagCodes;
  options.rescore = flags & flagRescore;
  options.linkedOnly = flags & flagLinkedOnly;
}

// Room for what a search finds, and its block of bytes, little endian: f64 visited, distances, rescored, stopped;
// u32 offsets (queries + 1); u32 slots; f32 similarities.
class Found {
 public:
  // False = out of memory.
  [[nodiscard]] bool prepare(const SearchOptions& options) noexcept {
    queryCount_ = options.queryCount;
    room_ = size_t(options.queryCount) * options.topK;
    if (!words_.reserve(queryCount_ + 1 + 2 * room_)) return false;
    output_.offsets = words_.data();
    output_.slots = output_.offsets + queryCount_ + 1;
    output_.similarities = reinterpret_cast<float*>(output_.slots + room_);
    return true;
  }
  SearchOutput& output() noexcept { return output_; }

  size_t blockBytes() const noexcept { return headBytes + (queryCount_ + 1 + 2 * hits()) * 4; }
  void writeBlock(uint8_t* out) const noexcept {
    double head[4] = {double(output_.visited), double(output_.distances), double(output_.rescored), double(output_.stopped)};
    std::memcpy(out, head, headBytes);
    std::memcpy(out + headBytes, output_.offsets, (queryCount_ + 1) * 4);
    uint8_t* at = out + headBytes + (queryCount_ + 1) * 4;
    if (hits() == 0) return;
    std::memcpy(at, output_.slots, hits() * 4);
    std::memcpy(at + hits() * 4, output_.similarities, hits() * 4);
  }

 private:
  static constexpr size_t headBytes = 32;
  size_t hits() const noexcept { return output_.offsets[queryCount_] < room_ ? output_.offsets[queryCount_] : room_; }

  Buffer<uint32_t> words_;
  SearchOutput output_;
  size_t queryCount_ = 0;
  size_t room_ = 0;
};

}  // namespace sextant
