// The vectors of one vector name in one segment: arenas, int8 codes, HNSW graph. Plain C++20, no Node header, no
// exception crosses this interface, every argument is checked. Contract in words: src/engine/engine.ts.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sextant {

enum class Distance : uint8_t { dot = 0, cosine = 1, euclid = 2, manhattan = 3 };
enum class Datatype : uint8_t { f32 = 0, f16 = 1, u8 = 2 };

enum class Status : int32_t {
  ok = 0,
  badArgument = 1,  // a caller's bug
  noMemory = 2,
  io = 3,    // a file operation failed; errno in error text
  full = 4,  // beyond capacity
};

enum class Stopped : uint8_t { done = 0, deadline = 1, cancelled = 2 };

// Fixed-size text that survives without allocation.
struct Error {
  char text[256] = {0};
};

struct IndexOptions {
  uint32_t dim = 0;
  Distance distance = Distance::dot;
  Datatype datatype = Datatype::f32;
  uint32_t m = 16;  // 0 = never a graph
  uint32_t efConstruct = 100;
  uint64_t capacity = 0;  // slots
  bool codes = false;
  float quantile = 1.0f;
  const char* path = nullptr;  // prefix of the arena files; null = memory only
  // State at the last checkpoint. Links to slots that are not in `linked` are dropped.
  uint32_t count = 0;
  const uint32_t* alive = nullptr;  // bitmap words, (count + 31) / 32 of them
  const uint32_t* linked = nullptr;
};

struct Control {
  int64_t deadlineNs = 0;                         // CLOCK_MONOTONIC; 0 = none
  const std::atomic<int32_t>* cancel = nullptr;  // non-zero = stop
};

struct SearchOptions {
  const float* queries = nullptr;  // queryCount x dim, raw
  uint32_t queryCount = 1;
  uint32_t topK = 10;
  uint32_t ef = 100;
  bool graph = true;     // false = plain
  bool expand = false;   // neighbours-of-neighbours where allowed slots are rare
  bool codes = true;     // drive by codes when there are any
  bool rescore = true;   // and rescore on originals
  bool linkedOnly = false;
  float oversampling = 1.0f;
  const uint32_t* allowed = nullptr;  // bitmap words; null = all alive
  uint32_t allowedWords = 0;
  const uint32_t* slots = nullptr;  // plain: exactly these
  uint32_t slotCount = 0;
  Control control;
};

struct SearchOutput {
  uint32_t* offsets = nullptr;      // queryCount + 1
  uint32_t* slots = nullptr;        // room for queryCount x topK
  float* similarities = nullptr;    // same
  uint64_t visited = 0, distances = 0, rescored = 0;
  Stopped stopped = Stopped::done;
};

struct Counters {
  uint32_t count = 0, linked = 0, unlinked = 0, tombstones = 0;
  uint64_t vectorBytes = 0, codeBytes = 0, linkBytes = 0;
};

enum class Arena : uint8_t { vectors = 0, codes = 1, links = 2, upper = 3 };

// Threads: reserve, write, remove and open/close come from one thread at a time; search, score, read, link, repair, sync and
// linkedWords may run beside them and each other, on any thread. link and repair exclude each other inside.
class VectorIndex {
 public:
  static Status open(const IndexOptions&, std::unique_ptr<VectorIndex>& out, Error&) noexcept;
  virtual ~VectorIndex() = default;

  // Makes room for `count` slots, on disk too, so that a later write of slots below cannot fail for want of space.
  virtual Status reserve(uint32_t count, Error&) noexcept = 0;
  virtual Status write(const uint32_t* slots, uint32_t n, const float* vectors, Error&) noexcept = 0;
  virtual Status read(const uint32_t* slots, uint32_t n, float* out, Error&) const noexcept = 0;
  virtual Status remove(const uint32_t* slots, uint32_t n, Error&) noexcept = 0;
  virtual Status score(const float* query, const uint32_t* slots, uint32_t n, float* out, Error&) const noexcept = 0;
  // Inserts up to `max` unlinked slots with `threads` threads of the pool (0 or 1 = on the calling thread alone).
  virtual Status link(uint32_t max, uint32_t threads, const Control&, uint32_t* linkedOut, Error&) noexcept = 0;
  // `freed` has room for `max` slots.
  virtual Status repair(uint32_t max, uint32_t threads, const Control&, uint32_t* freed, uint32_t* freedCount, Error&) noexcept = 0;
  virtual Status search(const SearchOptions&, SearchOutput&, Error&) const noexcept = 0;
  virtual Status linkedWords(uint32_t* words, uint32_t wordCount, Error&) const noexcept = 0;
  virtual Status sync(Error&) noexcept = 0;  // msync of what changed; nothing to do in memory
  virtual Counters counters() const noexcept = 0;

  // Memory-only mode: raw arena bytes for an ArenaStore. `takeDirty` gives the next dirty range (length 0 = none) and
  // marks it clean; `load` puts stored bytes back before the first use (call for each arena after open, then `loaded`).
  virtual Status takeDirty(Arena, uint64_t* offset, uint64_t* length, const uint8_t** bytes, Error&) noexcept = 0;
  virtual Status load(Arena, uint64_t offset, const uint8_t* bytes, uint64_t length, Error&) noexcept = 0;
  virtual Status loaded(Error&) noexcept = 0;
};

// Name of the instruction set in use ("avx512-vnni", "avx512", "avx2", "neon", "wasm-simd128", "scalar").
// SEXTANT_SIMD in the environment names one to force; an unknown or unsupported one is ignored with the best used.
const char* instructionSet() noexcept;
// Threads of the pool for link, repair and asynchronous searches; started on first use.
void setThreads(uint32_t n) noexcept;

}  // namespace sextant
