// The smallest test frame: cases register themselves, a failed check names its place and the run goes on.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../core/vector_index.hpp"

namespace sextant::test {

struct Case {
  const char* name;
  void (*run)();
};
std::vector<Case>& cases();
extern int failures;

struct Register {
  Register(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

#define TEST(name)                                        \
  static void name();                                     \
  static const ::sextant::test::Register reg_##name(#name, name); \
  static void name()

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      ::sextant::test::failures++;                                              \
      fprintf(stderr, "%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #condition);    \
    }                                                                           \
  } while (0)

#define CHECK_OK(call)                                                                        \
  do {                                                                                        \
    if ((call) != Status::ok) {                                                               \
      ::sextant::test::failures++;                                                            \
      fprintf(stderr, "%s:%d: %s failed: %s\n", __FILE__, __LINE__, #call, error.text);       \
    }                                                                                         \
  } while (0)

// splitmix64: the same numbers everywhere.
struct Random {
  uint64_t state;
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t n) { return uint32_t(next() % n); }
  float unit() { return float(double(next() >> 11) * 0x1p-53); }
  float normal() {  // sum of uniforms is near enough
    float sum = 0;
    for (int i = 0; i < 12; i++) sum += unit();
    return sum - 6;
  }
};

// Points around random centres.
struct Clustered {
  uint32_t dim, clusters;
  std::vector<float> centres;
  Random random;
  Clustered(uint32_t dim, uint32_t clusters, uint64_t seed) : dim(dim), clusters(clusters), centres(size_t(dim) * clusters), random(seed) {
    for (float& value : centres) value = random.normal();
  }
  void point(uint32_t cluster, float* out) {
    for (uint32_t i = 0; i < dim; i++) out[i] = centres[size_t(cluster) * dim + i] + 0.5f * random.normal();
  }
};

// Results of one search, in vectors.
struct Found {
  std::vector<uint32_t> offsets, slots;
  std::vector<float> similarities;
  SearchOutput out;
  Status status = Status::ok;
  std::vector<uint32_t> of(uint32_t query) const { return {slots.begin() + offsets[query], slots.begin() + offsets[query + 1]}; }
};
Found search(const VectorIndex& index, SearchOptions options);

// A folder that is removed with everything in it.
struct TemporaryFolder {
  std::string path;
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const char* name) const { return path + "/" + name; }
};

// Opens, with a failed check when it cannot be; usual options; links everything that is unlinked.
std::unique_ptr<VectorIndex> open(const IndexOptions& options);
IndexOptions optionsFor(uint32_t dim, Distance distance, Datatype datatype = Datatype::f32);
uint32_t linkAll(VectorIndex& index, uint32_t threads = 1);

std::vector<uint32_t> range(uint32_t from, uint32_t to);
std::vector<uint32_t> bitmapOf(const std::vector<uint32_t>& slots, uint32_t count);

}  // namespace sextant::test
