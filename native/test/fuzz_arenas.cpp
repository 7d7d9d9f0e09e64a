// Any bytes as stored arenas of an index of any shape: nothing may break, and results stay within the slots.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../core/vector_index.hpp"

using namespace sextant;

namespace {

struct Input {
  const uint8_t* bytes;
  size_t left;
  uint8_t byte() {
    if (left == 0) return 0;
    left--;
    return *bytes++;
  }
};

void must(bool condition) {
  if (!condition) abort();
}

void searchAll(const VectorIndex& index, uint32_t dim, uint32_t count, uint8_t flags) {
  std::vector<float> query(size_t(dim) * 2, 0.5f);
  std::vector<uint32_t> allowed((count + 31) / 32, 0x5a5a5a5a), offsets(3), slots(2 * 7);
  std::vector<float> similarities(2 * 7);
  Error error;
  SearchOutput out;
  out.offsets = offsets.data();
  out.slots = slots.data();
  out.similarities = similarities.data();
  for (int variant = 0; variant < 4; variant++) {
    SearchOptions options;
    options.queries = query.data();
    options.queryCount = 2;
    options.topK = 7;
    options.ef = 1 + (flags & 31);
    options.graph = variant != 3;
    options.expand = variant == 2;
    options.oversampling = variant == 3 ? 3 : 1;
    if (variant >= 1) {
      options.allowed = allowed.data();
      options.allowedWords = uint32_t(allowed.size());
    }
    must(index.search(options, out, error) == Status::ok);
    must(offsets[2] <= 14);
    for (uint32_t i = 0; i < offsets[2]; i++) must(slots[i] < count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input{data, size};
  IndexOptions options;
  options.dim = 1 + input.byte() % 20;
  options.distance = Distance(input.byte() % 4);
  options.datatype = Datatype(input.byte() % 3);
  uint8_t flags = input.byte();
  options.codes = (flags & 128) != 0;
  options.m = input.byte() % 6;
  options.efConstruct = 4 + flags % 16;
  options.count = 1 + input.byte();
  options.capacity = options.count + 8;
  uint32_t words = (options.count + 31) / 32;
  std::vector<uint32_t> alive(words), linked(words);
  for (uint32_t i = 0; i < words; i++) {
    uint8_t mask = input.byte();
    alive[i] = 0x01010101u * mask;
    linked[i] = ~0u << (mask & 7);
  }
  options.alive = alive.data();
  options.linked = linked.data();
  std::unique_ptr<VectorIndex> index;
  Error error;
  must(VectorIndex::open(options, index, error) == Status::ok);
  // The given bytes, repeated, behind a right header where the arena has one.
  const uint32_t headers[4][6] = {{}, {0x43545853, 1, options.dim, uint32_t(options.distance), 0, 0}, {0x4c545853, 1, options.m}, {}};
  for (uint32_t arena = 0; arena < 4; arena++) {
    std::vector<uint8_t> bytes(4096 + options.count * 512);
    if (input.left > 0) {
      for (size_t i = 0; i < bytes.size(); i++) bytes[i] = input.bytes[(i + arena * 31) % input.left];
    }
    if (arena == 1) memcpy(bytes.data(), headers[1], 16);
    if (arena == 2) memcpy(bytes.data(), headers[2], 12);
    if (flags & 64) {  // links that look like links
      auto* link = reinterpret_cast<uint32_t*>(bytes.data() + 4096);
      for (size_t i = 0; arena >= 2 && i < options.count * 128; i++) link[i] %= options.count + 3;
    }
    must(index->load(Arena(arena), 0, bytes.data(), bytes.size(), error) == Status::ok);
  }
  must(index->loaded(error) == Status::ok);
  searchAll(*index, options.dim, options.count, flags);
  uint32_t n = 0, freed[300], first[3] = {0, options.count / 2, options.count - 1};
  must(index->remove(first, 3, error) == Status::ok);
  must(index->repair(300, 1, Control{}, freed, &n, error) == Status::ok);
  must(index->link(40, 1, Control{}, &n, error) == Status::ok);
  std::vector<float> vectors(size_t(options.dim) * 3, 1.5f);
  must(index->write(first, 3, vectors.data(), error) == Status::ok);
  must(index->link(1000, 1, Control{}, &n, error) == Status::ok);
  searchAll(*index, options.dim, options.count, flags);
  return 0;
}
