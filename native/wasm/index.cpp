// One vector index in the linear memory of one WebAssembly instance. The caller puts arguments into places it asked for,
// and reads results from there; every function answers a Status, whose text is at `error_text`.
#include <cmath>
#include <cstdlib>
#include <memory>

#include "../core/platform.hpp"
#include "../core/vector_index.hpp"
#include "../glue/found.hpp"

#define SEXTANT_EXPORT(name) extern "C" __attribute__((export_name(#name), used))

using namespace sextant;

namespace {

std::unique_ptr<VectorIndex> core;
uint32_t dim = 0;
Error error;
uint8_t* block = nullptr;
uint32_t blockLength = 0;
Counters counted;
uint32_t passResult = 0;
uint64_t dirtyOffset = 0, dirtyLength = 0;
const uint8_t* dirtyBytes = nullptr;

Status refuse(Status status, const char* text) noexcept {
  size_t length = std::strlen(text);
  std::memcpy(error.text, text, length + 1);
  return status;
}

bool areFinite(const float* values, size_t n) noexcept {
  for (size_t i = 0; i < n; i++) {
    if (!std::isfinite(values[i])) return false;
  }
  return true;
}

bool areBelow(const uint32_t* slots, uint32_t n, uint32_t limit) noexcept {
  for (uint32_t i = 0; i < n; i++) {
    if (slots[i] >= limit) return false;
  }
  return true;
}

Control until(double timeoutMs) noexcept {
  Control control;
  if (timeoutMs < 1e12) control.deadlineNs = monotonicNs() + int64_t(timeoutMs * 1e6);
  return control;
}

Status keepBlock(const Found& found) noexcept {
  std::free(block);
  blockLength = uint32_t(found.blockBytes());
  block = static_cast<uint8_t*>(std::malloc(blockLength));
  if (block == nullptr) return refuse(Status::noMemory, "out of memory");
  found.writeBlock(block);
  return Status::ok;
}

}  // namespace

// Room for `length` bytes, 16-byte aligned; 0 = out of memory. Given back by `release`.
SEXTANT_EXPORT(place) void* sextantPlace(size_t length) { return std::malloc(length == 0 ? 1 : length); }
SEXTANT_EXPORT(release) void sextantRelease(void* at) { std::free(at); }

SEXTANT_EXPORT(error_text) const char* sextantErrorText() { return error.text; }
SEXTANT_EXPORT(instruction_set) const char* sextantInstructionSet() { return instructionSet(); }

SEXTANT_EXPORT(index_open)
Status sextantIndexOpen(uint32_t dimension, uint32_t distance, uint32_t datatype, uint32_t m, uint32_t efConstruct, double capacity,
                        double quantile, uint32_t count, const uint32_t* alive, const uint32_t* linked) {
  IndexOptions options;
  options.dim = dim = dimension;
  options.distance = Distance(distance);
  options.datatype = Datatype(datatype);
  options.m = m;
  options.efConstruct = efConstruct;
  options.capacity = uint64_t(capacity);
  options.codes = quantile > 0;
  options.quantile = float(quantile);
  options.count = count;
  options.alive = alive;
  options.linked = linked;
  return VectorIndex::open(options, core, error);
}

SEXTANT_EXPORT(index_counters) const Counters* sextantIndexCounters() {
  counted = core->counters();
  return &counted;
}

SEXTANT_EXPORT(index_write) Status sextantIndexWrite(const uint32_t* slots, uint32_t n, const float* vectors) {
  if (!areFinite(vectors, size_t(n) * dim)) return refuse(Status::badArgument, "vectors must be finite");
  return core->write(slots, n, vectors, error);
}

SEXTANT_EXPORT(index_read) Status sextantIndexRead(const uint32_t* slots, uint32_t n, float* out) {
  return core->read(slots, n, out, error);
}

SEXTANT_EXPORT(index_reserve) Status sextantIndexReserve(uint32_t count) { return core->reserve(count, error); }
SEXTANT_EXPORT(index_remove) Status sextantIndexRemove(const uint32_t* slots, uint32_t n) { return core->remove(slots, n, error); }

SEXTANT_EXPORT(index_score) Status sextantIndexScore(const float* query, const uint32_t* slots, uint32_t n, float* out) {
  if (!areFinite(query, dim)) return refuse(Status::badArgument, "vectors must be finite");
  return core->score(query, slots, n, out, error);
}

SEXTANT_EXPORT(index_linked_words) Status sextantIndexLinkedWords(uint32_t* words, uint32_t n) {
  return core->linkedWords(words, n, error);
}

// The result of `index_link` is how many were linked, of `index_repair` how many were freed: `pass_result`.
SEXTANT_EXPORT(pass_result) uint32_t sextantPassResult() { return passResult; }
SEXTANT_EXPORT(index_link) Status sextantIndexLink(uint32_t max, double timeoutMs) {
  return core->link(max, 1, until(timeoutMs), &passResult, error);
}
SEXTANT_EXPORT(index_repair) Status sextantIndexRepair(uint32_t max, double timeoutMs, uint32_t* freed) {
  return core->repair(max, 1, until(timeoutMs), freed, &passResult, error);
}

// `allowed` and `slots` are 0 when absent. The result is the block of native/glue/found.hpp, until the next search.
SEXTANT_EXPORT(index_search)
Status sextantIndexSearch(const float* queries, uint32_t queryCount, uint32_t topK, uint32_t ef, uint32_t flags, double oversampling,
                          double timeoutMs, const uint32_t* allowed, uint32_t allowedWords, const uint32_t* slots, uint32_t slotCount) {
  SearchOptions options;
  options.queries = queries;
  options.queryCount = queryCount;
  options.topK = topK;
  options.ef = ef;
  setFlags(options, flags);
  options.oversampling = float(oversampling);
  options.allowed = allowed;
  options.allowedWords = allowedWords;
  options.slots = slots;
  options.slotCount = slotCount;
  options.control = until(timeoutMs);
  if (!areFinite(queries, size_t(queryCount) * dim)) return refuse(Status::badArgument, "queries must be finite");
  if (slots != nullptr && !areBelow(slots, slotCount, core->counters().count)) return refuse(Status::badArgument, "a slot is out of range");
  Found found;
  if (!found.prepare(options)) return refuse(Status::noMemory, "out of memory");
  Status status = core->search(options, found.output(), error);
  return status == Status::ok ? keepBlock(found) : status;
}
SEXTANT_EXPORT(block) const uint8_t* sextantBlock() { return block; }
SEXTANT_EXPORT(block_bytes) uint32_t sextantBlockBytes() { return blockLength; }

// The next dirty range, until anything else is called: `dirty_offset`, `dirty_length` (0 = none), `dirty_bytes`.
SEXTANT_EXPORT(index_take_dirty) Status sextantIndexTakeDirty(uint32_t arena) {
  return core->takeDirty(Arena(arena), &dirtyOffset, &dirtyLength, &dirtyBytes, error);
}
SEXTANT_EXPORT(dirty_offset) double sextantDirtyOffset() { return double(dirtyOffset); }
SEXTANT_EXPORT(dirty_length) uint32_t sextantDirtyLength() { return uint32_t(dirtyLength); }
SEXTANT_EXPORT(dirty_bytes) const uint8_t* sextantDirtyBytes() { return dirtyBytes; }

SEXTANT_EXPORT(index_load) Status sextantIndexLoad(uint32_t arena, double offset, const uint8_t* bytes, uint32_t length) {
  return core->load(Arena(arena), uint64_t(offset), bytes, length, error);
}
SEXTANT_EXPORT(index_loaded) Status sextantIndexLoaded() { return core->loaded(error); }
