// Approximate search against exact search on clustered data: all distances, datatypes, filters of every selectivity,
// correlated and anti-correlated with the query.
#include <algorithm>
#include <functional>

#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

constexpr uint32_t dim = 32, clusters = 40, count = 12000, queries = 60;

struct Built {
  std::unique_ptr<VectorIndex> index;
  std::vector<float> vectors, queryVectors;
};

Built build(Distance distance, Datatype datatype, bool codes) {
  Built built;
  Clustered data(dim, clusters, 21);
  built.vectors.resize(size_t(dim) * count);
  built.queryVectors.resize(size_t(dim) * queries);
  float scale = datatype == Datatype::u8 ? 20 : 1, shift = datatype == Datatype::u8 ? 128 : 0;
  for (uint32_t i = 0; i < count; i++) data.point(i % clusters, &built.vectors[i * dim]);
  for (uint32_t q = 0; q < queries; q++) data.point(q % clusters, &built.queryVectors[q * dim]);
  for (float& v : built.vectors) v = v * scale + shift;
  for (float& v : built.queryVectors) v = v * scale + shift;
  IndexOptions options;
  options.dim = dim;
  options.distance = distance;
  options.datatype = datatype;
  options.codes = codes;
  options.capacity = count;
  Error error;
  uint32_t linked = 0;
  CHECK_OK(VectorIndex::open(options, built.index, error));
  CHECK_OK(built.index->write(range(0, count).data(), count, built.vectors.data(), error));
  CHECK_OK(built.index->link(count, 2, Control{}, &linked, error));
  CHECK(linked == count);
  return built;
}

struct Result {
  double recall = 0, cost = 0;  // distances per query relative to the scan of what matches
};

// `allowed(query)` gives the slots of a filter; null = none.
Result measure(const Built& built, SearchOptions options, const std::function<std::vector<uint32_t>(uint32_t)>& allowed) {
  uint64_t hits = 0, wanted = 0;
  double cost = 0;
  for (uint32_t q = 0; q < queries; q++) {
    std::vector<uint32_t> slots = allowed ? allowed(q) : range(0, count), words = bitmapOf(slots, count);
    options.queries = &built.queryVectors[q * dim];
    if (allowed) {
      options.allowed = words.data();
      options.allowedWords = uint32_t(words.size());
    }
    SearchOptions plain = options;
    plain.graph = false;
    plain.oversampling = 1;
    std::vector<uint32_t> right = search(*built.index, plain).of(0);
    Found found = search(*built.index, options);
    CHECK(found.of(0).size() == std::min<size_t>(options.topK, slots.size()));
    wanted += right.size();
    for (uint32_t slot : found.of(0)) {
      hits += std::count(right.begin(), right.end(), slot) > 0;
      CHECK((words[slot / 32] >> (slot % 32)) & 1);
    }
    cost += double(found.out.distances) / double(std::max<size_t>(1, slots.size()));
  }
  return {wanted == 0 ? 1 : double(hits) / double(wanted), cost / queries};
}

}  // namespace

TEST(recallOfEveryDistanceAndDatatype) {
  for (Distance distance : {Distance::dot, Distance::cosine, Distance::euclid, Distance::manhattan}) {
    for (Datatype datatype : {Datatype::f32, Datatype::f16, Datatype::u8}) {
      for (bool codes : {false, true}) {
        if (codes && datatype == Datatype::u8) continue;
        Built built = build(distance, datatype, codes);
        SearchOptions options;
        options.ef = 100;
        Result result = measure(built, options, nullptr);
        CHECK(result.recall >= 0.97);
        if (result.recall < 0.97) fprintf(stderr, "distance %d datatype %d codes %d: recall %.4f\n", int(distance), int(datatype), codes, result.recall);
      }
    }
  }
}

TEST(recallThroughFiltersOfEverySelectivity) {
  for (bool codes : {false, true}) {
    Built built = build(Distance::cosine, Datatype::f32, codes);
    for (bool expand : {false, true}) {
      for (uint32_t perMille : {1u, 5u, 10u, 50u, 100u, 300u, 700u, 1000u}) {
        SearchOptions options;
        options.ef = 100;
        options.expand = expand;
        Random random(perMille);
        std::vector<uint32_t> chosen;
        for (uint32_t i = 0; i < count; i++) {
          if (random.below(1000) < perMille) chosen.push_back(i);
        }
        // Correlated: the query's cluster and a few more. Anti-correlated: the clusters furthest in number.
        uint32_t kept = std::max(1u, clusters * perMille / 1000);
        auto around = [&](uint32_t q, uint32_t shift) {
          std::vector<uint32_t> slots;
          for (uint32_t i = 0; i < count; i++) {
            if ((i % clusters + 2 * clusters - q % clusters - shift) % clusters < kept) slots.push_back(i);
          }
          return slots;
        };
        Result uniform = measure(built, options, [&](uint32_t) { return chosen; });
        Result near = measure(built, options, [&](uint32_t q) { return around(q, 0); });
        Result far = measure(built, options, [&](uint32_t q) { return around(q, 1); });
        for (const Result& result : {uniform, near, far}) {
          CHECK(result.recall >= 0.95);
          CHECK(result.cost <= 1.3);  // never much dearer than scanning what matches
        }
        if (std::min({uniform.recall, near.recall, far.recall}) < 0.95)
          fprintf(stderr, "codes %d expand %d %u/1000: %.4f %.4f %.4f\n", codes, expand, perMille, uniform.recall, near.recall, far.recall);
      }
    }
  }
}

TEST(aFewMatchesAreAllFound) {
  Built built = build(Distance::euclid, Datatype::f32, true);
  SearchOptions options;
  for (uint32_t matches : {0u, 1u, 3u, 9u, 25u}) {
    Result result = measure(built, options, [&](uint32_t q) {
      std::vector<uint32_t> slots;
      for (uint32_t i = 0; i < matches; i++) slots.push_back((q * 977 + i * 463) % count);
      std::sort(slots.begin(), slots.end());
      return slots;
    });
    CHECK(result.recall == 1);
  }
}

// The share of the points nearest to each query, and the share furthest from it, where all similarities are so alike
// that the codes of hundreds of rows overlap.
TEST(recallThroughFiltersWithAndAgainstTheQuery) {
  for (Distance distance : {Distance::cosine, Distance::dot, Distance::euclid, Distance::manhattan}) {
    Built built = build(distance, Datatype::f32, true);
    std::vector<std::vector<uint32_t>> orders(queries);
    for (uint32_t q = 0; q < queries; q++) {
      std::vector<float> scores(count);
      Error error;
      orders[q] = range(0, count);
      CHECK_OK(built.index->score(&built.queryVectors[q * dim], orders[q].data(), count, scores.data(), error));
      std::sort(orders[q].begin(), orders[q].end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    }
    for (uint32_t perMille : {1u, 10u, 50u, 100u, 300u, 600u, 900u, 990u}) {
      uint32_t passing = count * perMille / 1000;
      for (bool against : {false, true}) {
        SearchOptions options;
        options.expand = true;
        Result result = measure(built, options, [&](uint32_t q) {
          auto from = orders[q].begin() + (against ? count - passing : 0);
          return std::vector<uint32_t>(from, from + passing);
        });
        CHECK(result.recall >= 0.97);
        CHECK(result.cost <= 1.4);  // a walk that is given up and a sample come on top of the scan
        if (result.recall < 0.97 || result.cost > 1.4)
          fprintf(stderr, "distance %d against %d %u/1000: recall %.4f cost %.2f\n", int(distance), against, perMille, result.recall, result.cost);
      }
    }
  }
}
