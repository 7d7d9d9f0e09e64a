// Opening an index and putting back its state at the last checkpoint.
#include <algorithm>
#include <new>

#include "error.hpp"
#include "index.hpp"

namespace sextant {

namespace {
constexpr uint32_t dimMax = 65536;
constexpr uint32_t mMax = 1024;
constexpr uint32_t efConstructMax = 1 << 20;
}  // namespace

Status VectorIndex::open(const IndexOptions& options, std::unique_ptr<VectorIndex>& out, Error& error) noexcept {
  out.reset();
  if (options.dim == 0 || options.dim > dimMax) return fail(error, Status::badArgument, "dim must be within 1..%u", dimMax);
  if (uint8_t(options.distance) > 3 || uint8_t(options.datatype) > 2) return fail(error, Status::badArgument, "unknown distance or datatype");
  if (options.m > mMax) return fail(error, Status::badArgument, "m must be within 0..%u", mMax);
  if (options.efConstruct > efConstructMax) return fail(error, Status::badArgument, "efConstruct must be within 0..%u", efConstructMax);
  if (options.count > options.capacity) return fail(error, Status::badArgument, "count is beyond the capacity");
  if (options.count > 0 && (options.alive == nullptr || options.linked == nullptr))
    return fail(error, Status::badArgument, "bitmaps are missing");
  if (options.codes && !(options.quantile >= 0.5f && options.quantile <= 1.0f))
    return fail(error, Status::badArgument, "quantile must be within 0.5..1");
  Index* index = new (std::nothrow) Index();
  if (index == nullptr) return fail(error, Status::noMemory, "out of memory");
  out.reset(index);
  Status status = index->openWith(options, error);
  if (status != Status::ok) out.reset();
  return status;
}

Status Index::openWith(const IndexOptions& options, Error& error) noexcept {
  options_ = options;
  options_.capacity = std::min<uint64_t>(options.capacity, slotsMax);
  if (Status status = slots_.configure(options_.capacity, error); status != Status::ok) return status;
  if (Status status = store_.configure(options_, error); status != Status::ok) return status;
  if (Status status = graph_.configure(options_, error); status != Status::ok) return status;
  uint32_t words = (options.count + 31) / 32;
  if (!restoreWords_.reserve(size_t(words) * 2)) return fail(error, Status::noMemory, "out of memory");
  if (words > 0) {
    std::copy(options.alive, options.alive + words, restoreWords_.data());
    std::copy(options.linked, options.linked + words, restoreWords_.data() + words);
  }
  options_.alive = restoreWords_.data();
  options_.linked = restoreWords_.data() + words;
  if (options.path == nullptr) {
    // Vectors come through `load`, if at all.
    if (options.count == 0) restored_ = true;
    return Status::ok;
  }
  if (Status status = store_.openExisting(error); status != Status::ok) return status;
  if (Status status = graph_.openExisting(error); status != Status::ok) return status;
  return restore(error);
}

Status Index::restore(Error& error) noexcept {
  uint32_t count = options_.count;
  restored_ = true;
  if (count == 0) return Status::ok;
  if (store_.vectors().size() < uint64_t(count) * store_.vectorStride())
    return fail(error, Status::io, "%.200s.vectors is shorter than its checkpoint", options_.path == nullptr ? "" : options_.path);
  if (Status status = slots_.ensure(count, error); status != Status::ok) return status;
  bool keepLinked = graph_.valid(count);
  // Codes are looked at before `ensure` makes room, which would hide a short file.
  store_.adoptCodes(count);
  if (Status status = store_.ensure(count, error); status != Status::ok) return status;
  slots_.restore(options_, keepLinked);
  return graph_.restore(count, error);
}

ArenaMemory& Index::arena(Arena name) noexcept {
  switch (name) {
    case Arena::codes: return store_.codes();
    case Arena::links: return graph_.links();
    case Arena::upper: return graph_.upper();
    default: return store_.vectors();
  }
}

Status Index::load(Arena name, uint64_t offset, const uint8_t* bytes, uint64_t length, Error& error) noexcept {
  if (options_.path != nullptr || restored_) return fail(error, Status::badArgument, "load comes between open and loaded");
  if (uint8_t(name) > 3 || (bytes == nullptr && length > 0)) return fail(error, Status::badArgument, "bad arena or bytes");
  ArenaMemory& memory = arena(name);
  // A stored arena may be longer than this index needs: growth steps, or an arena that is not used any more.
  if (length == 0) return Status::ok;
  uint64_t end = offset + length;
  if (end < offset) return fail(error, Status::badArgument, "beyond the arena");
  end = std::min(end, memory.capacity());
  if (offset >= end) return Status::ok;
  if (Status status = memory.ensure(end, error); status != Status::ok) return status;
  memcpy(memory.base() + offset, bytes, size_t(end - offset));
  return Status::ok;
}

Status Index::loaded(Error& error) noexcept { return restored_ ? Status::ok : restore(error); }

Status Index::takeDirty(Arena name, uint64_t* offset, uint64_t* length, const uint8_t** bytes, Error& error) noexcept {
  if (uint8_t(name) > 3) return fail(error, Status::badArgument, "bad arena");
  MutexGuard guard(syncMutex_);
  if (name == Arena::codes) store_.publishCodeHeader();
  arena(name).takeDirty(offset, length);
  *bytes = *length == 0 ? nullptr : arena(name).base() + *offset;
  return Status::ok;
}

Status Index::sync(Error& error) noexcept {
  MutexGuard guard(syncMutex_);
  if (Status status = store_.sync(error); status != Status::ok) return status;
  return graph_.sync(error);
}

}  // namespace sextant
