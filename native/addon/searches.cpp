#include "searches.hpp"

#include <cmath>
#include <vector>

#include "../core/platform.hpp"
#include "../glue/found.hpp"
#include "jobs.hpp"

namespace sextant::addon {
namespace {

// Bitmaps up to this size are copied, so that later writes to them do no harm; larger ones are kept as they are.
constexpr size_t bitmapBytesCopied = 64 << 10;

struct Arguments {
  SearchOptions options;
  Span<float> queries;
  Span<uint32_t> allowed, slots;
  Span<int32_t> cell;
};

Arguments readArguments(const Call& call, const VectorIndex& index, uint32_t dim) {
  Arguments given;
  SearchOptions& options = given.options;
  given.queries = call.floats(0);
  if (given.queries.length == 0 || given.queries.length % dim != 0) refuse("queries must be a positive multiple of the dimension");
  if (given.queries.length / dim > hitsMax) refuse("too many queries");
  options.queryCount = uint32_t(given.queries.length / dim);
  options.topK = call.unsignedInteger(1, 1);
  if (uint64_t(options.topK) * options.queryCount > hitsMax) refuse("too many hits asked for in one search");
  options.ef = call.unsignedInteger(2);
  setFlags(options, call.unsignedInteger(3, 0, searchFlagsAll));
  options.oversampling = float(call.number(4, 1, 1e6));
  double timeoutMs = call.number(5, 0, INFINITY);
  if (timeoutMs < 1e12) options.control.deadlineNs = monotonicNs() + int64_t(timeoutMs * 1e6);
  given.allowed = call.words(6, true);
  given.slots = call.words(7, true);
  given.cell = call.cell(8);
  if (given.cell.value != nullptr && given.cell.length == 0) refuse("a cancel cell needs one element");
  if (given.allowed.length > UINT32_MAX || given.slots.length > UINT32_MAX) refuse("too many slots");
  uint32_t count = index.counters().count;
  for (size_t i = 0; i < given.slots.length; i++) {
    if (given.slots.data[i] >= count) refuse("slot " + std::to_string(given.slots.data[i]) + " is out of range");
  }
  for (size_t i = 0; i < given.queries.length; i++) {
    if (!std::isfinite(given.queries.data[i])) refuse("queries must be finite");
  }
  return given;
}

// An absent span is a null pointer; an empty one is not.
const uint32_t* pointer(const Span<uint32_t>& span) {
  static const uint32_t none = 0;
  return span.value == nullptr ? nullptr : span.data == nullptr ? &none : span.data;
}

napi_value toBuffer(napi_env env, const Found& found) {
  uint8_t* bytes;
  napi_value buffer = newBuffer(env, found.blockBytes(), bytes);
  found.writeBlock(bytes);
  return buffer;
}

class SearchJob : public Job {
 public:
  SearchJob(const Call& call, const std::shared_ptr<VectorIndex>& index, const Arguments& given)
      : index_(index), options_(given.options), queries_(given.queries.data, given.queries.data + given.queries.length) {
    options_.queries = queries_.data();
    if (given.slots.value != nullptr) slots_.assign(given.slots.data, given.slots.data + given.slots.length);
    options_.slotCount = uint32_t(slots_.size());
    slots_.reserve(1);  // so that an empty list is not a null pointer
    options_.slots = given.slots.value == nullptr ? nullptr : slots_.data();
    options_.allowed = pointer(given.allowed);
    options_.allowedWords = uint32_t(given.allowed.length);
    if (given.allowed.length * 4 > bitmapBytesCopied) {
      keep(call.env(), given.allowed.value);
    } else if (given.allowed.length != 0) {
      allowed_.assign(given.allowed.data, given.allowed.data + given.allowed.length);
      options_.allowed = allowed_.data();
    }
    obey(call.env(), given.cell);
    options_.control.cancel = cancel();
  }

  Status run(Error& error) noexcept override {
    if (!found_.prepare(options_)) {
      snprintf(error.text, sizeof(error.text), "out of memory");
      return Status::noMemory;
    }
    return index_->search(options_, found_.output(), error);
  }
  napi_value result(napi_env env) override { return toBuffer(env, found_); }

 private:
  std::shared_ptr<VectorIndex> index_;
  SearchOptions options_;
  std::vector<float> queries_;
  std::vector<uint32_t> slots_, allowed_;
  Found found_;
};

}  // namespace

napi_value search(const Call& call, const std::shared_ptr<VectorIndex>& index, uint32_t dim) {
  Arguments given = readArguments(call, *index, dim);
  return Jobs::of(call.env()).start(std::make_unique<SearchJob>(call, index, given), Place::pool);
}

napi_value searchSync(const Call& call, const std::shared_ptr<VectorIndex>& index, uint32_t dim) {
  Arguments given = readArguments(call, *index, dim);
  SearchOptions& options = given.options;
  options.queries = given.queries.data;
  options.slots = pointer(given.slots);
  options.slotCount = uint32_t(given.slots.length);
  options.allowed = pointer(given.allowed);
  options.allowedWords = uint32_t(given.allowed.length);
  options.control.cancel = reinterpret_cast<std::atomic<int32_t>*>(given.cell.data);
  Found found;
  Error error;
  if (!found.prepare(options)) throw std::bad_alloc();
  check(index->search(options, found.output(), error), error);
  return toBuffer(call.env(), found);
}

}  // namespace sextant::addon
