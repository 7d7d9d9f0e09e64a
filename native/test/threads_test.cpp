// Searches beside writing, linking, removing and repairing; run it under ThreadSanitizer.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../pool/pool.hpp"
#include "check.hpp"

using namespace sextant;
using namespace sextant::test;

TEST(searchesRunBesideEverythingElse) {
  for (bool codes : {false, true}) {
    constexpr uint32_t dim = 12, count = 3000;
    IndexOptions options;
    options.dim = dim;
    options.distance = Distance::euclid;
    options.codes = codes;
    options.capacity = 2 * count;
    options.m = 8;
    options.efConstruct = 40;
    std::unique_ptr<VectorIndex> index;
    Error error;
    CHECK_OK(VectorIndex::open(options, index, error));
    Clustered data(dim, 10, 31);
    std::vector<float> vectors(size_t(dim) * count);
    for (uint32_t i = 0; i < count; i++) data.point(i % 10, &vectors[i * dim]);
    std::atomic<bool> stop{false};
    std::atomic<uint32_t> written{0}, searches{0}, lost{0};
    auto reader = [&](uint64_t seed) {
      Random random(seed);
      while (!stop) {
        uint32_t have = written;
        if (have == 0) continue;
        uint32_t slot = random.below(have) | 1;  // odd slots are never removed
        if (slot >= have) continue;
        SearchOptions query;
        query.queries = &vectors[slot * dim];
        query.topK = 3;
        query.ef = 60;
        query.graph = random.below(8) != 0;
        Found found = search(*index, query);
        CHECK(found.status == Status::ok);
        for (uint32_t hit : found.of(0)) CHECK(hit < count);
        std::vector<uint32_t> hits = found.of(0);
        lost += std::count(hits.begin(), hits.end(), slot) == 0;
        searches++;
        Error ignored;
        float score;
        CHECK(index->score(query.queries, &slot, 1, &score, ignored) == Status::ok && score == 0);
      }
    };
    auto background = [&] {
      std::vector<uint32_t> freed(200);
      while (!stop) {
        Error mine;
        uint32_t n = 0;
        CHECK(index->link(150, 2, Control{}, &n, mine) == Status::ok);
        CHECK(index->repair(100, 2, Control{}, freed.data(), &n, mine) == Status::ok);
        CHECK(index->sync(mine) == Status::ok);
        std::vector<uint32_t> words((count + 31) / 32);
        CHECK(index->linkedWords(words.data(), uint32_t(words.size()), mine) == Status::ok);
      }
    };
    std::vector<std::thread> threads;
    threads.emplace_back(reader, 1);
    threads.emplace_back(reader, 2);
    threads.emplace_back(background);
    for (uint32_t at = 0; at < count; at += 50) {
      CHECK_OK(index->write(range(at, at + 50).data(), 50, &vectors[at * dim], error));
      written = at + 50;
      if (at >= 500) {
        std::vector<uint32_t> gone;
        for (uint32_t i = 0; i < 10; i++) gone.push_back(at - 500 + 2 * i);
        CHECK_OK(index->remove(gone.data(), uint32_t(gone.size()), error));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    while (searches < 300) std::this_thread::yield();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(lost <= searches / 50);
    if (lost > searches / 50) fprintf(stderr, "lost %u of %u\n", lost.load(), searches.load());
  }
  stopThreads();
}

TEST(thePoolRunsWhatIsSubmitted) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    int left = 200;
  } shared;
  for (int round = 0; round < 2; round++) {
    shared.left = 200;
    for (int i = 0; i < 200; i++) {
      bool taken = submit(
          [](void* context) {
            auto* all = static_cast<Shared*>(context);
            std::lock_guard<std::mutex> lock(all->mutex);
            if (--all->left == 0) all->done.notify_all();
          },
          &shared);
      CHECK(taken);
    }
    {
      std::unique_lock<std::mutex> lock(shared.mutex);
      shared.done.wait(lock, [&] { return shared.left == 0; });
    }
    stopThreads();  // and it starts again
  }
  std::atomic<int> ran{0};
  runBeside(8, [](void* context) { (*static_cast<std::atomic<int>*>(context))++; }, &ran);
  CHECK(ran >= 1 && ran <= 8);
  stopThreads();
}

TEST(backgroundWorkLeavesAThreadForSearches) {
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool searched = false;
    int finished = 0;
  } gate;
  setThreads(2);
  auto waitForSearch = [](void* context) {
    auto* g = static_cast<Gate*>(context);
    std::unique_lock<std::mutex> lock(g->mutex);
    // Without a free thread the search would never run, and this would give up.
    bool ran = g->changed.wait_for(lock, std::chrono::seconds(20), [&] { return g->searched; });
    CHECK(ran);
    g->finished++;
    g->changed.notify_all();
  };
  for (int i = 0; i < 4; i++) CHECK(submit(waitForSearch, &gate, true));
  auto search = [](void* context) {
    auto* g = static_cast<Gate*>(context);
    std::lock_guard<std::mutex> lock(g->mutex);
    g->searched = true;
    g->changed.notify_all();
  };
  CHECK(submit(search, &gate));
  {
    std::unique_lock<std::mutex> lock(gate.mutex);
    gate.changed.wait(lock, [&] { return gate.finished == 4; });
  }
  stopThreads();
}

TEST(anUnusedIndexCostsNearlyNothing) {
  auto resident = [] {
    long pages = 0, rss = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (file == nullptr || fscanf(file, "%ld %ld", &pages, &rss) != 2) rss = 0;
    if (file != nullptr) fclose(file);
    return rss * 4096;
  };
  IndexOptions options;
  options.dim = 1536;
  options.capacity = 5000000;
  options.codes = true;
  std::vector<std::unique_ptr<VectorIndex>> all(1000);
  long before = resident();
  for (auto& index : all) {
    Error error;
    CHECK_OK(VectorIndex::open(options, index, error));
  }
  long each = (resident() - before) / 1000;
  CHECK(each < 50000);
}
