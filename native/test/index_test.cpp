// One index through its life: write, search, link, remove, repair, write again, reopen; bad arguments.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

double reference(Distance distance, Datatype datatype, const float* a, const float* b, uint32_t dim) {
  double dot = 0, squared = 0, manhattan = 0, na = 0, nb = 0;
  for (uint32_t i = 0; i < dim; i++) {
    double x = a[i], y = b[i];
    if (datatype == Datatype::u8) {
      x = std::floor(std::clamp(x, 0.0, 255.0));
      y = std::floor(std::clamp(y, 0.0, 255.0));
    }
    dot += x * y;
    squared += (x - y) * (x - y);
    manhattan += std::fabs(x - y);
    na += x * x;
    nb += y * y;
  }
  if (distance == Distance::dot) return dot;
  if (distance == Distance::cosine) return na == 0 || nb == 0 ? 0 : dot / std::sqrt(na * nb);
  return distance == Distance::euclid ? -squared : -manhattan;
}

}  // namespace

TEST(scoresAreThoseOfTheDistance) {
  for (Distance distance : {Distance::dot, Distance::cosine, Distance::euclid, Distance::manhattan}) {
    for (Datatype datatype : {Datatype::f32, Datatype::f16, Datatype::u8}) {
      const uint32_t dim = 37, n = 50;
      auto index = open(optionsFor(dim, distance, datatype));
      Random random(7);
      std::vector<float> vectors(dim * n), query(dim), out(n);
      float scale = datatype == Datatype::u8 ? 60 : 1;
      for (float& v : vectors) v = random.normal() * scale;
      for (float& v : query) v = random.normal() * scale;
      std::fill(vectors.begin(), vectors.begin() + dim, 0.0f);  // a vector of no length
      Error error;
      CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
      CHECK_OK(index->score(query.data(), range(0, n).data(), n, out.data(), error));
      for (uint32_t i = 0; i < n; i++) {
        double want = reference(distance, datatype, query.data(), vectors.data() + i * dim, dim);
        double slack = datatype == Datatype::f16 ? 2e-3 : 1e-5;
        CHECK(std::fabs(out[i] - want) <= slack * (1 + std::fabs(want)) * (distance == Distance::dot ? 10 : 1));
      }
      SearchOptions options;
      options.queries = query.data();
      options.topK = n;
      options.graph = false;
      Found found = search(*index, options);
      CHECK(found.offsets[1] == n);
      for (uint32_t i = 0; i < n; i++) CHECK(found.similarities[i] == out[found.slots[i]]);
      for (uint32_t i = 1; i < n; i++) CHECK(found.similarities[i - 1] >= found.similarities[i]);
    }
  }
}

TEST(storedVectorsAreNormalisedAndNarrowed) {
  Error error;
  float raw[4] = {3, 4, 0, 0}, zero[4] = {0, 0, 0, 0}, out[8];
  uint32_t slots[2] = {0, 1};
  auto cosine = open(optionsFor(4, Distance::cosine));
  CHECK_OK(cosine->write(slots, 1, raw, error));
  CHECK_OK(cosine->write(slots + 1, 1, zero, error));
  CHECK_OK(cosine->read(slots, 2, out, error));
  CHECK(std::fabs(out[0] - 0.6f) < 1e-6 && std::fabs(out[1] - 0.8f) < 1e-6 && out[4] == 0);
  auto bytes = open(optionsFor(4, Distance::cosine, Datatype::u8));
  float wild[4] = {-5, 1.9f, 300, 255};
  CHECK_OK(bytes->write(slots, 1, wild, error));
  CHECK_OK(bytes->read(slots, 1, out, error));
  CHECK(out[0] == 0 && out[1] == 1 && out[2] == 255 && out[3] == 255);
}

TEST(tiesGoToTheSmallerSlot) {
  auto index = open(optionsFor(2, Distance::euclid));
  std::vector<float> same(2 * 200, 1.0f);
  Error error;
  CHECK_OK(index->write(range(0, 200).data(), 200, same.data(), error));
  float query[2] = {0, 0};
  SearchOptions options;
  options.queries = query;
  for (int pass = 0; pass < 2; pass++) {
    for (bool graph : {false, true}) {
      options.graph = graph;
      options.ef = 300;
      Found found = search(*index, options);
      CHECK(found.of(0) == range(0, 10));
    }
    linkAll(*index);
  }
}

TEST(freshVectorsAreFoundBeforeAndAfterLinking) {
  for (bool codes : {false, true}) {
    IndexOptions options = optionsFor(24, Distance::cosine);
    options.codes = codes;
    auto index = open(options);
    Clustered data(24, 20, 11);
    std::vector<float> vectors(24 * 3000);
    for (uint32_t i = 0; i < 3000; i++) data.point(i % 20, &vectors[i * 24]);
    Error error;
    uint32_t at = 0, missed = 0;
    for (uint32_t step = 0; step < 30; step++, at += 100) {
      CHECK_OK(index->write(range(at, at + 100).data(), 100, &vectors[at * 24], error));
      if (step % 3 == 2) CHECK(linkAll(*index) == 300);
      for (uint32_t i = at; i < at + 100; i += 7) {
        SearchOptions search1;
        search1.queries = &vectors[i * 24];
        search1.topK = 1;
        Found found = search(*index, search1);
        missed += found.of(0) != std::vector<uint32_t>{i};
      }
    }
    CHECK(missed <= 2);  // of 450; right after linking a point is found by the walk alone
    Counters counters = index->counters();
    CHECK(counters.count == 3000 && counters.linked == 3000 && counters.unlinked == 0);
    CHECK((counters.codeBytes > 0) == codes);
  }
}

TEST(removedSlotsAreNeverReturnedAndRepairFreesThem) {
  for (bool codes : {false, true}) {
    IndexOptions options = optionsFor(16, Distance::euclid);
    options.codes = codes;
    auto index = open(options);
    Clustered data(16, 30, 5);
    const uint32_t n = 4000;
    std::vector<float> vectors(16 * n);
    for (uint32_t i = 0; i < n; i++) data.point(i % 30, &vectors[i * 16]);
    Error error;
    CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
    linkAll(*index, 2);
    std::vector<uint32_t> gone;
    for (uint32_t i = 0; i < n; i++) {
      if (i % 30 < 10 || i % 7 == 0) gone.push_back(i);  // ten whole clusters and every seventh
    }
    CHECK_OK(index->remove(gone.data(), uint32_t(gone.size()), error));
    CHECK_OK(index->remove(gone.data(), 5, error));  // again is fine
    CHECK(index->counters().tombstones == gone.size());
    std::set<uint32_t> goneSet(gone.begin(), gone.end());
    uint32_t hits = 0, wanted = 0;
    std::vector<uint32_t> freed(n);
    for (int pass = 0;; pass++) {
      for (uint32_t q = 0; q < 60; q++) {
        SearchOptions plain, graph;
        plain.queries = graph.queries = &vectors[q * 53 * 16];
        plain.graph = false;
        std::vector<uint32_t> right = search(*index, plain).of(0), got = search(*index, graph).of(0);
        CHECK(right.size() == 10 && got.size() == 10);
        wanted += 10;
        for (uint32_t slot : got) {
          CHECK(goneSet.count(slot) == 0);
          hits += std::count(right.begin(), right.end(), slot) > 0;
        }
      }
      uint32_t freedCount = 0;
      CHECK_OK(index->repair(500, 2, Control{}, freed.data(), &freedCount, error));
      if (freedCount == 0) break;
      CHECK(pass < 20);
      for (uint32_t i = 0; i < freedCount; i++) CHECK(goneSet.count(freed[i]) == 1);
      linkAll(*index);
    }
    CHECK(hits >= wanted * 97 / 100);
    CHECK(index->counters().tombstones == 0 && index->counters().linked == n - gone.size());
    // The slots serve again.
    std::vector<float> other(16 * gone.size());
    for (size_t i = 0; i < gone.size(); i++) data.point(uint32_t(i % 30), &other[i * 16]);
    CHECK_OK(index->write(gone.data(), uint32_t(gone.size()), other.data(), error));
    CHECK(linkAll(*index) == gone.size());
    CHECK(index->counters().linked == n);
    uint32_t self = 0;
    for (size_t i = 0; i < gone.size(); i++) {
      SearchOptions graph;
      graph.queries = &other[i * 16];
      graph.topK = 1;
      self += search(*index, graph).of(0) == std::vector<uint32_t>{gone[i]};
    }
    CHECK(self >= gone.size() * 99 / 100);
  }
}

TEST(everythingRemovedAndRepairedLeavesAnEmptyGraph) {
  auto index = open(optionsFor(4, Distance::dot));
  Random random(1);
  std::vector<float> vectors(4 * 300);
  for (float& v : vectors) v = random.normal();
  Error error;
  CHECK_OK(index->write(range(0, 300).data(), 300, vectors.data(), error));
  linkAll(*index);
  CHECK_OK(index->remove(range(0, 300).data(), 300, error));
  std::vector<uint32_t> freed(300);
  uint32_t n = 0;
  CHECK_OK(index->repair(300, 1, Control{}, freed.data(), &n, error));
  CHECK(n == 300);
  SearchOptions options;
  options.queries = vectors.data();
  CHECK(search(*index, options).of(0).empty());
  CHECK_OK(index->write(range(5, 6).data(), 1, vectors.data(), error));
  CHECK(linkAll(*index) == 1);
  CHECK(search(*index, options).of(0) == std::vector<uint32_t>{5});
}

TEST(aMappedIndexOpensAgain) {
  TemporaryFolder folder;
  std::string prefix = folder.file("v");
  for (bool codes : {false, true}) {
    IndexOptions options = optionsFor(48, Distance::cosine);
    std::string path = prefix + (codes ? "c" : "p");
    options.path = path.c_str();
    options.codes = codes;
    Clustered data(48, 25, 8);
    const uint32_t n = 3000;
    std::vector<float> vectors(48 * n);
    for (uint32_t i = 0; i < n; i++) data.point(i % 25, &vectors[i * 48]);
    std::vector<uint32_t> alive = bitmapOf(range(0, n), n), linked((n + 31) / 32);
    std::vector<std::vector<uint32_t>> before;
    Error error;
    SearchOptions query;
    {
      auto index = open(options);
      CHECK_OK(index->write(range(0, 2500).data(), 2500, vectors.data(), error));
      linkAll(*index);
      CHECK_OK(index->write(range(2500, n).data(), n - 2500, &vectors[2500 * 48], error));
      CHECK_OK(index->linkedWords(linked.data(), uint32_t(linked.size()), error));
      CHECK_OK(index->sync(error));
      for (uint32_t q = 0; q < 40; q++) {
        query.queries = &vectors[q * 71 * 48];
        before.push_back(search(*index, query).of(0));
      }
      // After the checkpoint: links to slots that it does not know.
      linkAll(*index);
    }
    options.count = n;
    options.alive = alive.data();
    options.linked = linked.data();
    auto index = open(options);
    CHECK(index->counters().linked == 2500 && index->counters().unlinked == 500);
    uint32_t same = 0;
    for (uint32_t q = 0; q < 40; q++) {
      query.queries = &vectors[q * 71 * 48];
      same += search(*index, query).of(0) == before[q];
    }
    CHECK(same >= 38);
    CHECK(linkAll(*index) == 500);
    std::vector<float> back(48);
    uint32_t last = n - 1;
    CHECK_OK(index->read(&last, 1, back.data(), error));
    double dot = 0, norm = 0;
    for (uint32_t i = 0; i < 48; i++) {
      dot += back[i] * vectors[last * 48 + i];
      norm += vectors[last * 48 + i] * vectors[last * 48 + i];
    }
    CHECK(std::fabs(dot - std::sqrt(norm)) < 1e-3);
    // Another m cannot use the links: everything is inserted again.
    index.reset();
    options.m = 8;
    index = open(options);
    CHECK(index->counters().linked == 0 && index->counters().unlinked == n);
    CHECK(linkAll(*index) == n);
  }
}

TEST(codesMayBeTurnedOnAndOffBetweenOpenings) {
  TemporaryFolder folder;
  std::string path = folder.file("t");
  const uint32_t dim = 16, n = 2400;
  std::vector<float> vectors(dim * n);
  Clustered data(dim, 12, 4);
  for (uint32_t i = 0; i < n; i++) data.point(i % 12, &vectors[i * dim]);
  std::vector<uint32_t> alive = bitmapOf(range(0, n), n), linked((n + 31) / 32);
  IndexOptions options = optionsFor(dim, Distance::cosine);
  options.path = path.c_str();
  Error error;
  for (uint32_t opening = 0; opening < 4; opening++) {
    options.codes = opening % 2 == 1;
    auto index = open(options);
    uint32_t from = opening * 600;
    // Slots written while codes were off must not be scored by what an older codes file holds there.
    CHECK_OK(index->write(range(from, from + 600).data(), 600, &vectors[from * dim], error));
    linkAll(*index);
    CHECK((index->counters().codeBytes > 0) == options.codes);
    uint32_t self = 0;
    for (uint32_t i = 0; i < from + 600; i += 20) {
      SearchOptions query;
      query.queries = &vectors[i * dim];
      query.topK = 1;
      self += search(*index, query).of(0) == std::vector<uint32_t>{i};
    }
    CHECK(self >= (from + 600) / 20 - 1);
    CHECK_OK(index->linkedWords(linked.data(), uint32_t(linked.size()), error));
    CHECK_OK(index->sync(error));
    options.count = from + 600;
    alive = bitmapOf(range(0, options.count), n);
    options.alive = alive.data();
    options.linked = linked.data();
  }
}

TEST(memoryOnlyArenasGoOutAndComeBack) {
  IndexOptions options = optionsFor(20, Distance::dot);
  options.codes = true;
  options.m = 6;
  Random random(9);
  const uint32_t n = 1500;
  std::vector<float> vectors(20 * n);
  for (float& v : vectors) v = random.normal();
  auto index = open(options);
  Error error;
  CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
  linkAll(*index);
  std::vector<uint8_t> stored[4];
  for (uint32_t a = 0; a < 4; a++) {
    for (;;) {
      uint64_t offset, length;
      const uint8_t* bytes;
      CHECK_OK(index->takeDirty(Arena(a), &offset, &length, &bytes, error));
      if (length == 0) break;
      if (stored[a].size() < offset + length) stored[a].resize(offset + length);
      std::copy(bytes, bytes + length, stored[a].begin() + long(offset));
    }
    CHECK(!stored[a].empty());
  }
  std::vector<uint32_t> alive = bitmapOf(range(0, n), n), linked((n + 31) / 32);
  CHECK_OK(index->linkedWords(linked.data(), uint32_t(linked.size()), error));
  options.count = n;
  options.alive = alive.data();
  options.linked = linked.data();
  auto again = open(options);
  float query[20] = {1, -1, 2};
  SearchOptions search1;
  search1.queries = query;
  CHECK(search(*again, search1).status == Status::badArgument);
  for (uint32_t a = 0; a < 4; a++) CHECK_OK(again->load(Arena(a), 0, stored[a].data(), stored[a].size(), error));
  CHECK_OK(again->loaded(error));
  CHECK(again->counters().linked == n && again->counters().codeBytes > 0);
  Found one = search(*index, search1), two = search(*again, search1);
  CHECK(one.of(0) == two.of(0) && one.similarities == two.similarities);
}
