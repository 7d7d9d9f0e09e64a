// Builds a graph over a data folder (manifest.json, base.f32, query.f32, gt.i32) and measures recall beside speed.
// bench FOLDER [threads=1] [codes=1] [m=16] [efConstruct=100] [count=all] [rounds=3] [unfiltered=1] [filters=1] [correlated=1] [path=PREFIX]
// `path` keeps the index in files; what an earlier run of the same options left there is opened instead of built.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "../core/vector_index.hpp"

using namespace sextant;

namespace {

struct Data {
  uint32_t dim = 0, count = 0, queries = 0, truth = 0;
  Distance distance = Distance::cosine;
  std::vector<float> base, query;
  std::vector<int32_t> gt;
};

template <class T>
std::vector<T> readAll(const std::string& path) {
  std::vector<T> values;
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) {
    fprintf(stderr, "cannot open %s\n", path.c_str());
    exit(2);
  }
  fseek(file, 0, SEEK_END);
  values.resize(size_t(ftell(file)) / sizeof(T));
  rewind(file);
  if (fread(values.data(), sizeof(T), values.size(), file) != values.size()) exit(2);
  fclose(file);
  return values;
}

uint32_t numberOf(const std::string& json, const char* key) {
  size_t at = json.find(std::string("\"") + key + "\"");
  return at == std::string::npos ? 0 : uint32_t(strtoul(json.c_str() + json.find(':', at) + 1, nullptr, 10));
}

Data readFolder(const std::string& folder) {
  std::vector<char> text = readAll<char>(folder + "/manifest.json");
  std::string json(text.begin(), text.end());
  Data data;
  data.dim = numberOf(json, "dim");
  data.count = numberOf(json, "count");
  data.queries = numberOf(json, "queries");
  data.truth = numberOf(json, "groundTruth");
  for (auto [name, distance] : {std::pair{"\"Dot\"", Distance::dot}, {"\"Euclid\"", Distance::euclid}, {"\"Manhattan\"", Distance::manhattan}})
    if (json.find(name) != std::string::npos) data.distance = distance;
  data.base = readAll<float>(folder + "/base.f32");
  data.query = readAll<float>(folder + "/query.f32");
  data.gt = readAll<int32_t>(folder + "/gt.i32");
  return data;
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Hits {
  std::vector<uint32_t> offsets, slots;
  std::vector<float> similarities;
  SearchOutput out;
  explicit Hits(uint32_t queries, uint32_t topK) : offsets(queries + 1), slots(queries * topK), similarities(queries * topK) {
    out.offsets = offsets.data();
    out.slots = slots.data();
    out.similarities = similarities.data();
  }
};

void must(Status status, const Error& error) {
  if (status == Status::ok) return;
  fprintf(stderr, "failed: %s\n", error.text);
  exit(1);
}

// Runs every query on its own, `rounds` times, and reports the fastest round.
struct Measured {
  double qps = 0, recall = 0, distances = 0;
};
template <class Truth>
Measured run(const VectorIndex& index, const Data& data, SearchOptions options, int rounds, uint32_t queries, Truth truth) {
  Measured result;
  Error error;
  uint64_t hits = 0, distances = 0, wanted = 0;
  double best = 1e9;
  for (int round = 0; round < rounds; round++) {
    hits = distances = wanted = 0;
    std::vector<std::vector<uint32_t>> found(queries);
    Hits one(1, options.topK);
    double start = seconds();
    for (uint32_t q = 0; q < queries; q++) {
      options.queries = data.query.data() + size_t(q) * data.dim;
      must(index.search(options, one.out, error), error);
      found[q].assign(one.slots.begin(), one.slots.begin() + one.offsets[1]);
      distances += one.out.distances;
    }
    best = std::min(best, seconds() - start);
    for (uint32_t q = 0; q < queries; q++) {
      std::vector<uint32_t> right = truth(q);
      wanted += right.size();
      for (uint32_t slot : found[q]) hits += std::count(right.begin(), right.end(), slot) > 0;
    }
  }
  result.qps = queries / best;
  result.recall = wanted == 0 ? 1 : double(hits) / double(wanted);
  result.distances = double(distances) / queries;
  return result;
}

std::vector<uint32_t> exact(const VectorIndex& index, const Data& data, uint32_t query, const uint32_t* allowed, uint32_t words) {
  Hits one(1, 10);
  Error error;
  SearchOptions options;
  options.graph = false;
  options.codes = false;
  options.allowed = allowed;
  options.allowedWords = words;
  options.queries = data.query.data() + size_t(query) * data.dim;
  must(index.search(options, one.out, error), error);
  return {one.slots.begin(), one.slots.begin() + one.offsets[1]};
}

void measureFiltered(const VectorIndex& index, const Data& data, double selectivity) {
  std::vector<uint32_t> allowed((data.count + 31) / 32, 0), list;
  uint64_t seed = 42;
  for (uint32_t i = 0; i < data.count; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    if (double(seed >> 11) * 0x1p-53 >= selectivity) continue;
    allowed[i / 32] |= 1u << (i % 32);
    list.push_back(i);
  }
  SearchOptions options;
  options.allowed = allowed.data();
  options.allowedWords = uint32_t(allowed.size());
  uint32_t queries = std::min(200u, data.queries);
  std::vector<std::vector<uint32_t>> truth(queries);
  options.graph = false;
  for (uint32_t q = 0; q < queries; q++) truth[q] = exact(index, data, q, allowed.data(), uint32_t(allowed.size()));
  auto right = [&](uint32_t q) { return truth[q]; };
  Measured plain = run(index, data, options, 2, queries, right);
  printf("filter %.2f%% (%zu): plain %.0f qps\n", selectivity * 100, list.size(), plain.qps);
  for (bool expand : {false, true}) {
    for (uint32_t ef : {16u, 32u, 64u, 128u}) {
      options.graph = true;
      options.expand = expand;
      options.ef = ef;
      Measured m = run(index, data, options, 2, queries, right);
      printf("  %s ef %3u  recall %.4f  qps %7.0f (%.2fx plain)  distances %.0f\n", expand ? "expand" : "route ", ef, m.recall, m.qps, m.qps / plain.qps, m.distances);
    }
  }
}

// Every query with a filter of its own: the share of the points that is nearest to it ("with"), furthest from it
// ("against"), or any ("beside"). Speed against the exact scan of the same points, recall against the true order.
void measureCorrelated(const VectorIndex& index, const Data& data) {
  const uint32_t queries = std::min(100u, data.queries), words = (data.count + 31) / 32, topK = 10;
  const double shares[] = {0.001, 0.01, 0.05, 0.1, 0.3, 0.45, 0.6, 0.9, 0.99};
  const char* kinds[] = {"with", "against", "beside"};
  struct Sum {
    double graphSeconds = 0, plainSeconds = 0, worst = 1;
    uint64_t hits = 0, wanted = 0, distances = 0, rescored = 0, matching = 0;
  } sums[3][std::size(shares)];
  std::vector<uint32_t> slots(data.count), order(data.count), allowed(words);
  std::vector<float> scores(data.count);
  for (uint32_t i = 0; i < data.count; i++) slots[i] = i;
  Error error;
  for (uint32_t q = 0; q < queries; q++) {
    const float* query = data.query.data() + size_t(q) * data.dim;
    must(index.score(query, slots.data(), data.count, scores.data(), error), error);
    order = slots;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    for (size_t kind = 0; kind < 3; kind++) {
      for (size_t s = 0; s < std::size(shares); s++) {
        Sum& sum = sums[kind][s];
        uint32_t passing = std::max(topK, uint32_t(data.count * shares[s]));
        std::fill(allowed.begin(), allowed.end(), 0);
        std::vector<float> best;
        for (uint32_t r = 0; r < data.count; r++) {
          bool in = kind == 0 ? r < passing : kind == 1 ? r >= data.count - passing : uint64_t(order[r]) * 2654435761u % data.count < passing;
          if (!in) continue;
          allowed[order[r] / 32] |= 1u << (order[r] % 32);
          if (best.size() < topK) best.push_back(scores[order[r]]);
          sum.matching++;
        }
        SearchOptions options;
        options.queries = query;
        options.allowed = allowed.data();
        options.allowedWords = words;
        options.expand = true;
        Hits one(1, topK);
        for (int round = 0; round < 2; round++) {  // the second of each is timed
          options.graph = false;
          double start = seconds();
          must(index.search(options, one.out, error), error);
          if (round == 1) sum.plainSeconds += seconds() - start;
        }
        for (int round = 0; round < 2; round++) {
          options.graph = true;
          double start = seconds();
          must(index.search(options, one.out, error), error);
          if (round == 1) sum.graphSeconds += seconds() - start;
        }
        uint32_t hits = 0;
        for (uint32_t i = 0; i < one.offsets[1]; i++) hits += scores[one.slots[i]] >= best.back();
        sum.hits += hits;
        sum.wanted += best.size();
        sum.worst = std::min(sum.worst, double(hits) / double(best.size()));
        sum.distances += one.out.distances;
        sum.rescored += one.out.rescored;
      }
    }
  }
  for (size_t kind = 0; kind < 3; kind++) {
    for (size_t s = 0; s < std::size(shares); s++) {
      const Sum& sum = sums[kind][s];
      printf("%-7s %5.1f%%  recall %.4f (worst %.1f)  qps %7.0f  %6.2fx plain  distances %7.0f  rescored %6.0f of %7.0f\n", kinds[kind],
             shares[s] * 100, double(sum.hits) / double(sum.wanted), sum.worst, queries / sum.graphSeconds, sum.plainSeconds / sum.graphSeconds,
             double(sum.distances) / queries, double(sum.rescored) / queries, double(sum.matching) / queries);
    }
  }
}

bool exists(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  if (file != nullptr) fclose(file);
  return file != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "bench FOLDER [key=value ...]: see the top of bench.cpp\n");
    return 2;
  }
  auto text = [&](const char* key) -> const char* {
    for (int i = 2; i < argc; i++) {
      size_t length = strlen(key);
      if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
    }
    return nullptr;
  };
  auto number = [&](const char* key, uint32_t other) { return text(key) != nullptr ? uint32_t(strtoul(text(key), nullptr, 10)) : other; };
  Data data = readFolder(argv[1]);
  bool whole = number("count", data.count) >= data.count;
  data.count = std::min(data.count, number("count", data.count));
  uint32_t threads = number("threads", 1);
  IndexOptions options;
  options.dim = data.dim;
  options.distance = data.distance;
  options.codes = number("codes", 1) != 0;
  options.m = number("m", 16);
  options.efConstruct = number("efConstruct", 100);
  options.capacity = data.count;
  options.path = text("path");
  std::unique_ptr<VectorIndex> index;
  Error error;
  std::vector<uint32_t> all((data.count + 31) / 32, ~0u);
  if (data.count % 32 != 0) all.back() = (1u << (data.count % 32)) - 1;
  bool there = options.path != nullptr && exists(std::string(options.path) + ".links");
  if (there) {
    options.count = data.count;
    options.alive = options.linked = all.data();
  }
  must(VectorIndex::open(options, index, error), error);
  std::vector<uint32_t> slots(data.count);
  for (uint32_t i = 0; i < data.count; i++) slots[i] = i;
  double start = seconds();
  if (!there) must(index->write(slots.data(), data.count, data.base.data(), error), error);
  double written = seconds();
  std::vector<std::vector<uint32_t>> truth(data.queries);
  for (uint32_t q = 0; q < data.queries; q++) {
    const int32_t* rows = data.gt.data() + size_t(q) * data.truth;
    if (whole) truth[q].assign(rows, rows + 10);
    else truth[q] = exact(*index, data, q, nullptr, 0);
  }
  setThreads(threads);
  uint32_t linked = 0;
  double began = seconds();
  timespec cpu0, cpu1;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu0);
  must(index->link(data.count, threads, Control{}, &linked, error), error);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu1);
  printf("%s, threads %u, codes %d, m %u, efConstruct %u: write %.2f s, link %.2f s, cpu %.2f s (%u)\n", instructionSet(), threads,
         options.codes, options.m, options.efConstruct, written - start, seconds() - began,
         double(cpu1.tv_sec - cpu0.tv_sec) + double(cpu1.tv_nsec - cpu0.tv_nsec) * 1e-9, linked);
  must(index->sync(error), error);
  int rounds = int(number("rounds", 3));
  for (int codes = options.codes ? 1 : 0; codes >= 0 && number("unfiltered", 1) != 0; codes--) {
    for (uint32_t ef : {10u, 16u, 32u, 64u, 96u, 128u, 256u}) {
      SearchOptions search;
      search.ef = ef;
      search.codes = codes != 0;
      Measured m = run(*index, data, search, rounds, data.queries, [&](uint32_t q) { return truth[q]; });
      printf("%s ef %3u  recall %.4f  qps %7.0f  distances %.0f\n", codes ? "codes" : "plain", ef, m.recall, m.qps, m.distances);
    }
  }
  for (double selectivity : {0.01, 0.1}) {
    if (number("filters", 1) != 0) measureFiltered(*index, data, selectivity);
  }
  if (number("correlated", 1) != 0) measureCorrelated(*index, data);
  return 0;
}
