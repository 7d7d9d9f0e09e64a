// Which slots an exact scan looks at, block by block.
#pragma once
#include <algorithm>

#include "../hnsw/graph.hpp"
#include "slots.hpp"
#include "vector_index.hpp"

namespace sextant {

constexpr uint32_t blockRows = 128;

// Hands out blocks of the alive slots to score: in rising order for a bitmap, in the given one for a list.
class SlotSource {
 public:
  SlotSource(const SearchOptions& options, const Slots& slots, uint32_t count) noexcept : options_(options), slots_(slots), count_(count) {
    words_ = (count + 31) / 32;
    if (options.allowed != nullptr) words_ = std::min(words_, options.allowedWords);
  }
  uint32_t next(uint32_t* block) noexcept { return options_.slots != nullptr ? fromList(block) : fromWords(block); }

 private:
  uint32_t fromList(uint32_t* block) noexcept {
    uint32_t n = 0;
    for (; at_ < options_.slotCount && n < blockRows; at_++) {
      uint32_t slot = options_.slots[at_];
      if (slot >= count_ || !slots_.alive(slot) || (options_.linkedOnly && !slots_.linked(slot))) continue;
      if (options_.allowed != nullptr && !Allowed{options_.allowed, options_.allowedWords}.test(slot)) continue;
      block[n++] = slot;
    }
    return n;
  }
  uint32_t fromWords(uint32_t* block) noexcept {
    uint32_t n = 0;
    while (n < blockRows) {
      while (bits_ == 0) {
        if (at_ >= words_) return n;
        bits_ = loadShared(slots_.aliveWords() + at_);
        if (options_.allowed != nullptr) bits_ &= options_.allowed[at_];
        if (options_.linkedOnly) bits_ &= loadShared(slots_.linkedWords() + at_);
        at_++;
      }
      uint32_t slot = (at_ - 1) * 32 + uint32_t(__builtin_ctz(bits_));
      bits_ &= bits_ - 1;
      if (slot < count_) block[n++] = slot;
    }
    return n;
  }
  const SearchOptions& options_;
  const Slots& slots_;
  uint32_t count_, words_, at_ = 0, bits_ = 0;
};

}  // namespace sextant
