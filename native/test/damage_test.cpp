// Arena files with wrong bytes in them: searches may find less, but nothing breaks; run it under AddressSanitizer.
#include <algorithm>
#include <set>

#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

constexpr uint32_t dim = 8, count = 1200;

std::vector<uint8_t> readFile(const std::string& path) {
  std::vector<uint8_t> bytes;
  if (FILE* file = fopen(path.c_str(), "rb"); file != nullptr) {
    uint8_t block[65536];
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + n);
    fclose(file);
  }
  return bytes;
}

void writeFile(const std::string& path, const std::vector<uint8_t>& bytes) {
  FILE* file = fopen(path.c_str(), "wb");
  if (file == nullptr || fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) abort();
  fclose(file);
}

// Everything an index can do, on whatever the files hold.
void exercise(VectorIndex& index, const std::vector<float>& vectors) {
  Error error;
  for (bool graph : {true, false}) {
    SearchOptions options;
    options.queries = vectors.data();
    options.queryCount = 3;
    options.graph = graph;
    options.ef = 50;
    Found found = search(index, options);
    CHECK(found.status == Status::ok);
    for (uint32_t q = 0; q < 3; q++) {
      std::vector<uint32_t> hits = found.of(q);
      CHECK(std::set<uint32_t>(hits.begin(), hits.end()).size() == hits.size());
      for (uint32_t slot : hits) CHECK(slot < count);
    }
  }
  uint32_t n = 0;
  CHECK_OK(index.link(50, 1, Control{}, &n, error));
  CHECK_OK(index.remove(range(10, 60).data(), 50, error));
  uint32_t freed[100];
  CHECK_OK(index.repair(100, 1, Control{}, freed, &n, error));
  CHECK_OK(index.write(range(10, 20).data(), 10, vectors.data(), error));
  CHECK_OK(index.link(1000, 2, Control{}, &n, error));
}

}  // namespace

TEST(damagedFilesDoNotBreakAnything) {
  TemporaryFolder folder;
  std::string path = folder.file("d");
  std::vector<float> vectors(size_t(dim) * count);
  Random random(77);
  for (float& v : vectors) v = random.normal();
  IndexOptions options;
  options.dim = dim;
  options.distance = Distance::cosine;
  options.codes = true;
  options.m = 4;
  options.capacity = count;
  options.path = path.c_str();
  std::unique_ptr<VectorIndex> index;
  Error error;
  uint32_t n = 0;
  CHECK_OK(VectorIndex::open(options, index, error));
  CHECK_OK(index->write(range(0, count).data(), count, vectors.data(), error));
  CHECK_OK(index->link(count - 50, 1, Control{}, &n, error));
  CHECK_OK(index->sync(error));
  std::vector<uint32_t> alive = bitmapOf(range(0, count), count), linked = alive;
  CHECK_OK(index->linkedWords(linked.data(), uint32_t(linked.size()), error));
  index.reset();
  options.count = count;
  options.alive = alive.data();
  options.linked = linked.data();
  const char* suffixes[] = {".vectors", ".codes", ".links", ".upper"};
  std::vector<uint8_t> good[4];
  for (int f = 0; f < 4; f++) {
    good[f] = readFile(path + suffixes[f]);
    CHECK(!good[f].empty());
  }
  for (int round = 0; round < 120; round++) {
    int which = round % 4;
    std::vector<uint8_t> bad = good[which];
    uint32_t kind = random.below(4);
    if (kind == 0) bad.resize(random.below(uint32_t(bad.size())));
    if (kind == 1) std::fill(bad.begin(), bad.end(), uint8_t(random.next()));
    if (kind == 2) {
      for (uint8_t& byte : bad) byte = uint8_t(random.next());
    }
    if (kind == 3) {
      for (int i = 0; i < 50; i++) bad[random.below(uint32_t(bad.size()))] = uint8_t(random.next());
    }
    if (which >= 1 && bad.size() > 24 && kind != 0) std::copy(good[which].begin(), good[which].begin() + 24, bad.begin());
    for (int f = 0; f < 4; f++) writeFile(path + suffixes[f], f == which ? bad : good[f]);
    Status status = VectorIndex::open(options, index, error);
    // Only vectors cannot be rebuilt from anything else.
    CHECK(status == Status::ok || (which == 0 && kind == 0 && status == Status::io));
    if (status == Status::ok) exercise(*index, vectors);
    index.reset();
  }
}

TEST(filesOfAnUnknownIndexAreTakenOver) {
  // A crash before the first checkpoint leaves files that no record speaks of.
  TemporaryFolder folder;
  std::string path = folder.file("s");
  std::vector<float> vectors(size_t(dim) * count);
  Random random(5);
  for (float& v : vectors) v = random.normal();
  IndexOptions options;
  options.dim = dim;
  options.codes = true;
  options.capacity = count;
  options.path = path.c_str();
  for (int round = 0; round < 2; round++) {
    std::unique_ptr<VectorIndex> index;
    Error error;
    uint32_t n = 0;
    CHECK_OK(VectorIndex::open(options, index, error));
    CHECK(index->counters().count == 0);
    CHECK_OK(index->write(range(0, count).data(), count, vectors.data(), error));
    CHECK_OK(index->link(count, 1, Control{}, &n, error));
    CHECK(n == count);
    CHECK_OK(index->sync(error));
    SearchOptions query;
    query.queries = vectors.data();
    CHECK(search(*index, query).of(0).size() == 10);
  }
}
