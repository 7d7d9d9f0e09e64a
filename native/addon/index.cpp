#include "index.hpp"

#include <cmath>
#include <cstring>
#include <memory>

#include "passes.hpp"
#include "searches.hpp"

namespace sextant::addon {
namespace {

constexpr uint32_t dimMax = 65536;
constexpr uint32_t linksMax = 2048;

// What a JavaScript `Index` holds. Jobs share the core index, so closing or collecting the object while they run is safe.
struct Handle {
  std::shared_ptr<VectorIndex> index;
  uint32_t dim = 0;
  uint64_t capacity = 0;
};

Handle& handleOf(const Call& call) {
  void* data = nullptr;
  if (napi_unwrap(call.env(), call.self(), &data) != napi_ok || data == nullptr) refuse("not an Index");
  return *static_cast<Handle*>(data);
}

Handle& openHandle(const Call& call) {
  Handle& handle = handleOf(call);
  if (handle.index == nullptr) throw Refusal{"SEXTANT_CLOSED", "the index is closed"};
  return handle;
}

void checkSlots(const Span<uint32_t>& slots, uint64_t limit) {
  if (slots.length > UINT32_MAX) refuse("too many slots");
  for (size_t i = 0; i < slots.length; i++) {
    if (slots.data[i] >= limit) refuse("slot " + std::to_string(slots.data[i]) + " is out of range");
  }
}

void checkFinite(const Span<float>& numbers) {
  for (size_t i = 0; i < numbers.length; i++) {
    if (!std::isfinite(numbers.data[i])) refuse("vectors must be finite");
  }
}

void checkLength(size_t length, size_t expected) {
  if (length != expected) refuse("expected " + std::to_string(expected) + " numbers, got " + std::to_string(length));
}

napi_value undefined(const Call& call) {
  napi_value value;
  check(call.env(), napi_get_undefined(call.env(), &value));
  return value;
}

// new Index(dim, distance, datatype, m, efConstruct, capacity, quantile (0 = no codes), path | null, count, alive, linked)
napi_value construct(const Call& call) {
  IndexOptions options;
  options.dim = call.unsignedInteger(0, 1, dimMax);
  options.distance = Distance(call.unsignedInteger(1, 0, 3));
  options.datatype = Datatype(call.unsignedInteger(2, 0, 2));
  options.m = call.unsignedInteger(3, 0, linksMax);
  options.efConstruct = call.unsignedInteger(4, 1, INT32_MAX);
  options.capacity = call.unsignedInteger(5, 1, UINT32_MAX - 1);
  options.quantile = float(call.number(6, 0, 1));
  options.codes = options.quantile > 0;
  std::string path;
  if (call.text(7, path)) options.path = path.c_str();
  options.count = call.unsignedInteger(8, 0, uint32_t(options.capacity));
  Span<uint32_t> alive = call.words(9), linked = call.words(10);
  size_t words = (size_t(options.count) + 31) / 32;
  if (alive.length < words || linked.length < words) refuse("the bitmaps must hold a bit for each slot");
  options.alive = alive.data;
  options.linked = linked.data;

  std::unique_ptr<VectorIndex> opened;
  Error error;
  check(VectorIndex::open(options, opened, error), error);
  auto handle = std::make_unique<Handle>();
  handle->index = std::move(opened);
  handle->dim = options.dim;
  handle->capacity = options.capacity;
  auto release = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  check(call.env(), napi_wrap(call.env(), call.self(), handle.get(), release, nullptr, nullptr));
  handle.release();
  return call.self();
}

// close(): drops this object's share of the index.
napi_value close(const Call& call) {
  handleOf(call).index.reset();
  return undefined(call);
}

// counters(out: Float64Array(7)): count, linked, unlinked, tombstones, bytes of vectors, codes, links.
napi_value counters(const Call& call) {
  Handle& handle = openHandle(call);
  Span<double> out = call.doubles(0);
  checkLength(out.length, 7);
  Counters now = handle.index->counters();
  double values[7] = {double(now.count),       double(now.linked),    double(now.unlinked), double(now.tombstones),
                      double(now.vectorBytes), double(now.codeBytes), double(now.linkBytes)};
  std::memcpy(out.data, values, sizeof(values));
  return undefined(call);
}

// write(slots, vectors)
napi_value write(const Call& call) {
  Handle& handle = openHandle(call);
  Span<uint32_t> slots = call.words(0);
  Span<float> vectors = call.floats(1);
  checkSlots(slots, handle.capacity);
  checkLength(vectors.length, slots.length * handle.dim);
  checkFinite(vectors);
  Error error;
  check(handle.index->write(slots.data, uint32_t(slots.length), vectors.data, error), error);
  return undefined(call);
}

// read(slots, out)
napi_value read(const Call& call) {
  Handle& handle = openHandle(call);
  Span<uint32_t> slots = call.words(0);
  Span<float> out = call.floats(1);
  checkSlots(slots, handle.index->counters().count);
  checkLength(out.length, slots.length * handle.dim);
  Error error;
  check(handle.index->read(slots.data, uint32_t(slots.length), out.data, error), error);
  return undefined(call);
}

// reserve(count)
napi_value reserve(const Call& call) {
  Handle& handle = openHandle(call);
  Error error;
  check(handle.index->reserve(call.unsignedInteger(0, 0, UINT32_MAX), error), error);
  return undefined(call);
}

// remove(slots)
napi_value remove(const Call& call) {
  Handle& handle = openHandle(call);
  Span<uint32_t> slots = call.words(0);
  checkSlots(slots, handle.index->counters().count);
  Error error;
  check(handle.index->remove(slots.data, uint32_t(slots.length), error), error);
  return undefined(call);
}

// score(query, slots, out)
napi_value score(const Call& call) {
  Handle& handle = openHandle(call);
  Span<float> query = call.floats(0), out = call.floats(2);
  Span<uint32_t> slots = call.words(1);
  checkLength(query.length, handle.dim);
  checkFinite(query);
  checkSlots(slots, handle.index->counters().count);
  checkLength(out.length, slots.length);
  Error error;
  check(handle.index->score(query.data, slots.data, uint32_t(slots.length), out.data, error), error);
  return undefined(call);
}

// linkedWords(out): as many words as `out` holds.
napi_value linkedWords(const Call& call) {
  Handle& handle = openHandle(call);
  Span<uint32_t> out = call.words(0);
  Error error;
  check(handle.index->linkedWords(out.data, uint32_t(out.length), error), error);
  return undefined(call);
}

napi_value search(const Call& call) {
  Handle& handle = openHandle(call);
  return search(call, handle.index, handle.dim);
}

napi_value searchSync(const Call& call) {
  Handle& handle = openHandle(call);
  return searchSync(call, handle.index, handle.dim);
}

// link(max, threads, cell): Promise<number>
napi_value link(const Call& call) { return startLink(call, openHandle(call).index); }

// repair(max, threads, cell): Promise<ArrayBuffer> of the freed slots
napi_value repair(const Call& call) { return startRepair(call, openHandle(call).index); }

// sync(): Promise<void>
napi_value sync(const Call& call) { return startSync(call, openHandle(call).index); }

// takeDirty(arena, offset: Float64Array(1)): ArrayBuffer | undefined, a copy of the next dirty range.
napi_value takeDirty(const Call& call) {
  Handle& handle = openHandle(call);
  Arena arena = Arena(call.unsignedInteger(0, 0, 3));
  Span<double> offsetOut = call.doubles(1);
  checkLength(offsetOut.length, 1);
  uint64_t offset = 0, length = 0;
  const uint8_t* bytes = nullptr;
  Error error;
  check(handle.index->takeDirty(arena, &offset, &length, &bytes, error), error);
  if (length == 0) return undefined(call);
  uint8_t* copy;
  napi_value buffer = newBuffer(call.env(), length, copy);
  std::memcpy(copy, bytes, length);
  offsetOut.data[0] = double(offset);
  return buffer;
}

// load(arena, offset, bytes)
napi_value load(const Call& call) {
  Handle& handle = openHandle(call);
  Arena arena = Arena(call.unsignedInteger(0, 0, 3));
  double offset = call.number(1, 0, 9007199254740991.0);
  Span<uint8_t> bytes = call.bytes(2);
  Error error;
  check(handle.index->load(arena, uint64_t(offset), bytes.data, bytes.length, error), error);
  return undefined(call);
}

// loaded()
napi_value loaded(const Call& call) {
  Error error;
  check(openHandle(call).index->loaded(error), error);
  return undefined(call);
}

template <napi_value (*function)(const Call&)>
napi_property_descriptor method(const char* name) {
  return {name, nullptr, entry<function>, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

napi_value defineIndex(napi_env env) {
  napi_property_descriptor methods[] = {
      method<close>("close"),         method<counters>("counters"),     method<write>("write"),   method<read>("read"),
      method<remove>("remove"),       method<score>("score"),           method<link>("link"),     method<repair>("repair"),
      method<search>("search"),       method<searchSync>("searchSync"), method<sync>("sync"),     method<linkedWords>("linkedWords"),
      method<reserve>("reserve"),     method<takeDirty>("takeDirty"), method<load>("load"),             method<loaded>("loaded"),
  };
  napi_value constructor;
  check(env, napi_define_class(env, "Index", NAPI_AUTO_LENGTH, entry<construct>, nullptr, sizeof(methods) / sizeof(methods[0]), methods,
                               &constructor));
  return constructor;
}

}  // namespace sextant::addon
