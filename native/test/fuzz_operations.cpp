// Random sequences of calls against a plain model of what is alive: a search over everything returns exactly that.
#include <cstdlib>
#include <set>
#include <vector>

#include "../core/vector_index.hpp"

using namespace sextant;

namespace {
void must(bool condition) {
  if (!condition) abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  constexpr uint32_t dim = 3, capacity = 64;
  IndexOptions options;
  options.dim = dim;
  options.distance = Distance(data[0] % 4);
  options.datatype = Datatype(data[1] % 3);
  options.m = data[2] % 5;
  options.efConstruct = 4;
  options.codes = (data[3] & 1) != 0;
  options.capacity = capacity;
  std::unique_ptr<VectorIndex> index;
  Error error;
  must(VectorIndex::open(options, index, error) == Status::ok);
  std::set<uint32_t> alive;
  uint32_t highest = 0;
  for (size_t i = 4; i + 1 < size && i < 400; i += 2) {
    uint32_t slot = data[i + 1] % (capacity + 2), n = 0, freed[capacity];
    float vector[dim] = {float(data[i + 1]), float(int8_t(data[i])), 1};
    switch (data[i] % 6) {
      case 0:
      case 1:
        must(index->write(&slot, 1, vector, error) == (slot < capacity ? Status::ok : Status::full));
        if (slot >= capacity) break;
        alive.insert(slot);
        if (slot + 1 > highest) highest = slot + 1;
        break;
      case 2:
        must(index->remove(&slot, 1, error) == (slot < highest ? Status::ok : Status::badArgument));
        alive.erase(slot);
        break;
      case 3:
        must(index->link(1 + data[i + 1] % 20, 1, Control{}, &n, error) == Status::ok);
        break;
      case 4:
        must(index->repair(1 + data[i + 1] % 8, 1, Control{}, freed, &n, error) == Status::ok);
        for (uint32_t k = 0; k < n; k++) must(alive.count(freed[k]) == 0);
        break;
      default: {
        uint32_t offsets[2], slots[capacity];
        float similarities[capacity];
        SearchOptions search;
        search.queries = vector;
        search.topK = capacity;
        search.ef = capacity;
        search.graph = (data[i + 1] & 1) != 0;
        SearchOutput out;
        out.offsets = offsets;
        out.slots = slots;
        out.similarities = similarities;
        must(index->search(search, out, error) == Status::ok);
        must(std::set<uint32_t>(slots, slots + offsets[1]) == alive && offsets[1] == alive.size());
      }
    }
    Counters counters = index->counters();
    must(counters.linked + counters.unlinked == alive.size() && counters.count == highest);
  }
  return 0;
}
