// Runs all cases, or those whose name contains the argument.
#include <dirent.h>
#include <unistd.h>

#include <cstring>

#include "check.hpp"

namespace sextant::test {

int failures = 0;

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

Found search(const VectorIndex& index, SearchOptions options) {
  Found found;
  Error error;
  found.offsets.resize(options.queryCount + 1);
  found.slots.resize(size_t(options.queryCount) * options.topK);
  found.similarities.resize(found.slots.size());
  found.out.offsets = found.offsets.data();
  found.out.slots = found.slots.data();
  found.out.similarities = found.similarities.data();
  found.status = index.search(options, found.out, error);
  return found;
}

TemporaryFolder::TemporaryFolder() {
  const char* root = getenv("TMPDIR");
  path = std::string(root != nullptr ? root : "/tmp") + "/sextant-test-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) abort();
}

TemporaryFolder::~TemporaryFolder() {
  if (DIR* folder = opendir(path.c_str()); folder != nullptr) {
    while (dirent* entry = readdir(folder)) unlink((path + "/" + entry->d_name).c_str());
    closedir(folder);
  }
  rmdir(path.c_str());
}

std::unique_ptr<VectorIndex> open(const IndexOptions& options) {
  std::unique_ptr<VectorIndex> index;
  Error error;
  CHECK_OK(VectorIndex::open(options, index, error));
  return index;
}

IndexOptions optionsFor(uint32_t dim, Distance distance, Datatype datatype) {
  IndexOptions options;
  options.dim = dim;
  options.distance = distance;
  options.datatype = datatype;
  options.capacity = 100000;
  return options;
}

uint32_t linkAll(VectorIndex& index, uint32_t threads) {
  Error error;
  uint32_t linked = 0;
  CHECK_OK(index.link(1u << 30, threads, Control{}, &linked, error));
  return linked;
}

std::vector<uint32_t> range(uint32_t from, uint32_t to) {
  std::vector<uint32_t> slots;
  for (uint32_t slot = from; slot < to; slot++) slots.push_back(slot);
  return slots;
}

std::vector<uint32_t> bitmapOf(const std::vector<uint32_t>& slots, uint32_t count) {
  std::vector<uint32_t> words((count + 31) / 32, 0);
  for (uint32_t slot : slots) words[slot / 32] |= 1u << (slot % 32);
  return words;
}

}  // namespace sextant::test

int main(int argc, char** argv) {
  using namespace sextant::test;
  int ran = 0;
  for (const Case& one : cases()) {
    if (argc > 1 && strstr(one.name, argv[1]) == nullptr) continue;
    int before = failures;
    one.run();
    ran++;
    printf("%s %s\n", failures == before ? "ok  " : "FAIL", one.name);
    fflush(stdout);
  }
  printf("%d cases, %d failed checks, %s\n", ran, failures, sextant::instructionSet());
  return failures == 0 && ran > 0 ? 0 : 1;
}
