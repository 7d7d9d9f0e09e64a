#include "pool.hpp"

#include "../core/vector_index.hpp"

#ifdef __wasm__

namespace sextant {

bool submit(Task task, void* context, bool) noexcept {
  task(context);
  return true;
}
void runBeside(uint32_t, Task task, void* context) noexcept { task(context); }
void stopThreads() noexcept {}
uint32_t threadCount() noexcept { return 1; }
void setThreads(uint32_t) noexcept {}

}  // namespace sextant

#else

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace sextant {

namespace {

constexpr uint32_t threadsMax = 256;

struct Queued {
  Task task;
  void* context;
};

class Pool {
 public:
  ~Pool() { stop(); }

  bool submit(Task task, void* context, bool background) noexcept {
    try {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stopping_) return false;
      std::deque<Queued>& queue = background ? background_ : queue_;
      queue.push_back({task, context});
      startMissing();
      if (threads_.empty()) {
        queue.pop_back();
        return false;
      }
    } catch (...) {  // no memory: the caller is told
      return false;
    }
    ready_.notify_one();
    return true;
  }

  // Takes a queued task of this context back when no thread has begun it.
  bool withdraw(void* context) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto at = background_.begin(); at != background_.end(); ++at) {
      if (at->context != context) continue;
      background_.erase(at);
      return true;
    }
    return false;
  }

  void stop() noexcept {
    std::vector<std::thread> ending;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      ending.swap(threads_);
    }
    ready_.notify_all();
    for (std::thread& thread : ending) thread.join();
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = false;
  }

  void resize(uint32_t n) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    wanted_ = n == 0 ? 1 : n < threadsMax ? n : threadsMax;
  }

  uint32_t size() noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    return wanted_;
  }

 private:
  // All of what follows is called under the lock.
  size_t room() const noexcept { return wanted_ > 2 ? wanted_ : 2; }
  bool backgroundMay() const noexcept { return !background_.empty() && (stopping_ || backgroundRunning_ + 1 < room()); }

  // Threads start one by one while there is more to do than idle ones.
  void startMissing() {
    while (threads_.size() < room() && idle_ < queue_.size() + background_.size()) {
      try {
        threads_.emplace_back([this] { work(); });
        idle_++;
      } catch (...) {
        return;  // the system gives no more threads; those that run will do
      }
    }
  }

  void work() noexcept {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty() || backgroundMay(); });
      idle_--;
      bool background = queue_.empty();
      if (background && background_.empty()) return;
      std::deque<Queued>& queue = background ? background_ : queue_;
      Queued next = queue.front();
      queue.pop_front();
      backgroundRunning_ += background;
      lock.unlock();
      next.task(next.context);
      lock.lock();
      backgroundRunning_ -= background;
      idle_++;
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Queued> queue_, background_;
  size_t backgroundRunning_ = 0;
  std::vector<std::thread> threads_;
  uint32_t wanted_ = std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1;
  size_t idle_ = 0;
  bool stopping_ = false;
};

Pool& pool() noexcept {
  static Pool shared;
  return shared;
}

struct Beside {
  Task task;
  void* context;
  std::mutex mutex;
  std::condition_variable done;
  uint32_t running = 0;
};

void runShare(void* context) {
  auto* beside = static_cast<Beside*>(context);
  beside->task(beside->context);
  std::lock_guard<std::mutex> lock(beside->mutex);
  if (--beside->running == 0) beside->done.notify_all();
}

}  // namespace

bool submit(Task task, void* context, bool background) noexcept { return pool().submit(task, context, background); }

void runBeside(uint32_t threads, Task task, void* context) noexcept {
  Beside beside;
  beside.task = task;
  beside.context = context;
  uint32_t helpers = threads > threadsMax ? threadsMax : threads;
  for (uint32_t i = 1; i < helpers; i++) {
    {
      std::lock_guard<std::mutex> lock(beside.mutex);
      beside.running++;
    }
    if (pool().submit(runShare, &beside, true)) continue;
    std::lock_guard<std::mutex> lock(beside.mutex);
    beside.running--;
    break;
  }
  task(context);
  // Helpers that never started have nothing left to do.
  while (pool().withdraw(&beside)) {
    std::lock_guard<std::mutex> lock(beside.mutex);
    beside.running--;
  }
  std::unique_lock<std::mutex> lock(beside.mutex);
  beside.done.wait(lock, [&] { return beside.running == 0; });
}

void stopThreads() noexcept { pool().stop(); }
uint32_t threadCount() noexcept { return pool().size(); }
void setThreads(uint32_t n) noexcept { pool().resize(n); }

}  // namespace sextant

#endif
