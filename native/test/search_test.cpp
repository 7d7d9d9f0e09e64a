// Batches, slot lists, oversampling and many results; stopping early; arguments that are refused.
#include <algorithm>
#include <set>

#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

TEST(batchesListsAndOversampling) {
  IndexOptions options = optionsFor(32, Distance::euclid);
  options.codes = true;
  auto index = open(options);
  Random random(2);
  const uint32_t n = 2000;
  std::vector<float> vectors(32 * n);
  for (float& v : vectors) v = random.normal();
  Error error;
  CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
  linkAll(*index);
  SearchOptions batch;
  batch.queries = vectors.data();
  batch.queryCount = 5;
  batch.graph = false;
  Found all = search(*index, batch);
  for (uint32_t q = 0; q < 5; q++) {
    SearchOptions one = batch;
    one.queryCount = 1;
    one.queries = &vectors[q * 32];
    CHECK(search(*index, one).of(0) == all.of(q));
    CHECK(all.of(q)[0] == q);
  }
  batch.oversampling = 4;
  Found rescored = search(*index, batch);
  CHECK(rescored.out.rescored == 5 * 40);
  for (uint32_t q = 0; q < 5; q++) CHECK(rescored.of(q) == all.of(q));
  uint32_t list[] = {7, 9, 7, 1999, 5000, 3};
  SearchOptions some;
  some.graph = false;
  some.queries = &vectors[9 * 32];
  some.slots = list;
  some.slotCount = 6;
  std::vector<uint32_t> got = search(*index, some).of(0);
  CHECK(got.size() == 4 && got[0] == 9);
  some.topK = 5000000;  // more than there is
  some.topK = 3;
  CHECK(search(*index, some).of(0).size() == 3);
}

TEST(cancelAndDeadlineStopWork) {
  auto index = open(optionsFor(64, Distance::dot));
  Random random(4);
  const uint32_t n = 20000;
  std::vector<float> vectors(64 * n);
  for (float& v : vectors) v = random.normal();
  Error error;
  CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
  std::atomic<int32_t> cancel{1};
  SearchOptions options;
  options.queries = vectors.data();
  options.control.cancel = &cancel;
  for (bool graph : {false, true}) {
    options.graph = graph;
    Found found = search(*index, options);
    CHECK(found.status == Status::ok && found.out.stopped == Stopped::cancelled && found.out.distances <= 1024);
  }
  options.control.cancel = nullptr;
  options.control.deadlineNs = 1;
  CHECK(search(*index, options).out.stopped == Stopped::deadline);
  uint32_t linked = 7;
  Control control;
  control.cancel = &cancel;
  CHECK_OK(index->link(n, 2, control, &linked, error));
  CHECK(linked == 0 && index->counters().unlinked == n);
  linkAll(*index, 2);
  CHECK_OK(index->remove(range(0, 100).data(), 100, error));
  uint32_t freed[100], freedCount = 1;
  CHECK_OK(index->repair(100, 1, control, freed, &freedCount, error));
  CHECK(freedCount == 0 && index->counters().tombstones == 100);
  CHECK_OK(index->repair(100, 1, Control{}, freed, &freedCount, error));
  CHECK(freedCount == 100);
}

TEST(badArgumentsAreRefused) {
  std::unique_ptr<VectorIndex> index;
  Error error;
  IndexOptions options = optionsFor(0, Distance::dot);
  CHECK(VectorIndex::open(options, index, error) == Status::badArgument && index == nullptr);
  options.dim = 65537;
  CHECK(VectorIndex::open(options, index, error) == Status::badArgument);
  options = optionsFor(3, Distance::dot);
  options.count = 10;
  CHECK(VectorIndex::open(options, index, error) == Status::badArgument);
  options.count = 0;
  options.capacity = 8;
  index = open(options);
  float values[6] = {1, 2, 3, 4, 5, 6};
  uint32_t slot = 8, zero = 0;
  CHECK(index->write(&slot, 1, values, error) == Status::full);
  CHECK(index->read(&zero, 1, values, error) == Status::badArgument);
  CHECK(index->remove(&zero, 1, error) == Status::badArgument);
  CHECK(index->score(values, &zero, 1, values, error) == Status::badArgument);
  CHECK(index->write(nullptr, 1, values, error) == Status::badArgument);
  SearchOptions search1;
  search1.queries = values;
  CHECK(search(*index, search1).of(0).empty());
  CHECK_OK(index->write(&zero, 1, values, error));
  CHECK(search(*index, search1).of(0).size() == 1);
  search1.queries = nullptr;
  CHECK(search(*index, search1).status == Status::badArgument);
  IndexOptions flat = optionsFor(3, Distance::dot);
  flat.m = 0;
  index = open(flat);
  CHECK_OK(index->write(&zero, 1, values, error));
  CHECK(linkAll(*index) == 0 && index->counters().unlinked == 1);
  search1.queries = values;
  CHECK(search(*index, search1).of(0).size() == 1);
  flat.path = "/nonexistent-folder/x";
  index = open(flat);
  CHECK(index->write(&zero, 1, values, error) == Status::io);
}

TEST(manyResultsAreExact) {
  for (bool codes : {false, true}) {
    IndexOptions options = optionsFor(8, Distance::euclid);
    options.codes = codes;
    auto index = open(options);
    Random random(12);
    const uint32_t n = 9000;
    std::vector<float> vectors(8 * n);
    for (float& v : vectors) v = random.normal();
    Error error;
    CHECK_OK(index->write(range(0, n).data(), n, vectors.data(), error));
    linkAll(*index);
    SearchOptions query;
    query.queries = vectors.data();
    for (uint32_t topK : {3000u, 6000u, 9000u, 100000u}) {
      query.topK = topK;
      query.graph = false;
      std::vector<uint32_t> right = search(*index, query).of(0);
      query.graph = true;
      std::vector<uint32_t> got = search(*index, query).of(0);
      CHECK(got.size() == std::min(topK, n));
      std::set<uint32_t> rightSet(right.begin(), right.end());
      uint32_t hits = 0;
      for (uint32_t slot : got) hits += uint32_t(rightSet.count(slot));
      CHECK(hits >= got.size() * 98 / 100);
    }
  }
}
