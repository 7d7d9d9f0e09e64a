// Working memory of one thread, kept between searches: who was seen, candidates, batches.
#pragma once
#include <cstdint>
#include <cstring>

#include "../core/buffer.hpp"
#include "../core/scorer.hpp"

namespace sextant {

// A candidate in one word, ordered by closeness, then by slot: the key's bits made monotone, the slot, a done flag.
using Entry = uint64_t;

inline Entry makeEntry(float key, uint32_t slot) noexcept {
  key += 0.0f;                                // minus zero becomes zero
  if (!(key == key)) key = __builtin_inff();  // NaN from damaged data sorts last
  uint32_t bits;
  memcpy(&bits, &key, 4);
  bits ^= bits >> 31 ? 0xffffffffu : 0x80000000u;
  return uint64_t(bits) << 32 | uint64_t(slot) << 1;
}
inline uint32_t entrySlot(Entry entry) noexcept { return uint32_t(entry) >> 1; }
inline float entryKey(Entry entry) noexcept {
  uint32_t bits = uint32_t(entry >> 32);
  bits ^= bits >> 31 ? 0x80000000u : 0xffffffffu;
  float key;
  memcpy(&key, &bits, 4);
  return key;
}
constexpr uint32_t slotsMax = 0x7fffffff;  // a slot shares its word with the done flag

// The best `room` entries seen, sorted; `next` is the first one not done yet.
class Beam {
 public:
  [[nodiscard]] bool start(uint32_t room) noexcept {
    room_ = room;
    size_ = 0;
    next_ = 0;
    return entries_.reserve(room);
  }
  uint32_t size() const noexcept { return size_; }
  bool full() const noexcept { return size_ == room_; }
  Entry operator[](uint32_t i) const noexcept { return entries_[i]; }
  Entry* data() noexcept { return entries_.data(); }
  bool admits(Entry entry) const noexcept { return size_ < room_ || entry < entries_[size_ - 1]; }
  Entry worst() const noexcept { return entries_[size_ - 1]; }

  void add(Entry entry) noexcept {
    if (!admits(entry)) return;
    uint32_t low = 0, high = size_;
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (entries_[middle] < entry) low = middle + 1;
      else high = middle;
    }
    if (size_ < room_) size_++;
    Entry* at = entries_.data() + low;
    memmove(at + 1, at, size_t(size_ - 1 - low) * sizeof(Entry));
    *at = entry;
    if (low < next_) next_ = low;
  }
  bool exhausted() const noexcept { return next_ >= size_; }
  // The closest entry not taken yet, marked as taken.
  Entry take() noexcept {
    Entry entry = entries_[next_];
    entries_[next_] |= 1;
    while (next_ < size_ && (entries_[next_] & 1)) next_++;
    return entry;
  }
  bool peek(uint32_t* slot) const noexcept {
    if (exhausted()) return false;
    *slot = entrySlot(entries_[next_]);
    return true;
  }

 private:
  Buffer<Entry> entries_;
  uint32_t room_ = 0, size_ = 0, next_ = 0;
};

// A min-heap of entries.
class Heap {
 public:
  void clear() noexcept { size_ = 0; }
  bool empty() const noexcept { return size_ == 0; }
  Entry top() const noexcept { return entries_[0]; }
  [[nodiscard]] bool push(Entry entry) noexcept {
    if (size_ == entries_.room() && !entries_.reserve(size_ < 256 ? 512 : size_ * 2)) return false;
    size_t at = size_++;
    while (at > 0 && entry < entries_[(at - 1) / 4]) {
      entries_[at] = entries_[(at - 1) / 4];
      at = (at - 1) / 4;
    }
    entries_[at] = entry;
    return true;
  }
  Entry pop() noexcept {
    Entry result = entries_[0];
    Entry last = entries_[--size_];
    size_t at = 0;
    for (;;) {
      size_t child = at * 4 + 1;
      if (child >= size_) break;
      size_t best = child, end = child + 4 < size_ ? child + 4 : size_;
      for (size_t i = child + 1; i < end; i++) {
        if (entries_[i] < entries_[best]) best = i;
      }
      if (last < entries_[best]) break;
      entries_[at] = entries_[best];
      at = best;
    }
    if (size_ > 0) entries_[at] = last;
    return result;
  }

 private:
  Buffer<Entry> entries_;
  size_t size_ = 0;
};

// Marks of one walk: a slot was seen when its byte equals the walk's tag, so that nothing is cleared between walks.
class Seen {
 public:
  [[nodiscard]] bool start(uint32_t count) noexcept {
    size_t before = tags_.room();
    if (count > before && !tags_.reserveZeroed(size_t(count) + count / 2 + 64)) return false;
    if (++tag_ == 0) {
      memset(tags_.data(), 0, tags_.room());
      tag_ = 1;
    }
    return true;
  }
  // True the first time in this walk.
  bool first(uint32_t slot) noexcept {
    if (tags_[slot] == tag_) return false;
    tags_[slot] = tag_;
    return true;
  }

 private:
  Buffer<uint8_t> tags_;
  uint8_t tag_ = 0;
};

struct Scratch {
  Seen seen;
  Beam starts, beam, fresh;
  Heap heap;
  Buffer<Entry> hits;
  uint32_t hitCount = 0;
  Buffer<uint32_t> batch;
  Buffer<uint32_t> blocked;
  Buffer<float> keys;
  Buffer<Entry> chosen, work, neighbours;
  QueryMemory query, pair, third;
};

Scratch& threadScratch() noexcept;

}  // namespace sextant
