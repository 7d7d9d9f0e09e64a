// Work that leaves the event loop: runs on a thread, then settles a promise on the thread of its JavaScript environment.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "call.hpp"

namespace sextant::addon {

class Jobs;

// Where a job runs. Searches share the core's pool. A pass (link, repair, sync) may take long, so it has a thread of its
// own and only borrows helpers from the pool, always leaving one thread there for searches.
enum class Place { pool, own };

class Job {
 public:
  virtual ~Job() = default;
  // On the other thread. Must not touch JavaScript.
  virtual Status run(Error&) noexcept = 0;
  // Back on the environment's thread: the promise's value. May throw Refusal.
  virtual napi_value result(napi_env env) = 0;

  // Keeps a JavaScript value (whose memory `run` reads) alive until the job is settled.
  void keep(napi_env env, napi_value value);
  // The flag the job obeys: the caller's cell, or one of its own so that the job can be stopped at exit.
  void obey(napi_env env, const Span<int32_t>& cell);
  const std::atomic<int32_t>* cancel() const { return cancel_; }

 private:
  friend class Jobs;
  Jobs* jobs_ = nullptr;
  napi_deferred deferred_ = nullptr;
  std::vector<napi_ref> kept_;
  std::atomic<int32_t> ownCancel_{0};
  std::atomic<int32_t>* cancel_ = &ownCancel_;
  std::thread thread_;
  size_t place_ = 0;     // in the list of running jobs
  Job* next_ = nullptr;  // in the list of finished jobs
  Status status_ = Status::ok;
  Error error_;
};

// The jobs of one environment (the main thread or a worker). Lives until the environment's cleanup hook has run.
class Jobs {
 public:
  static Jobs& of(napi_env env);
  // Called once at module initialisation.
  static void attach(napi_env env);

  // Starts the job and returns its promise.
  napi_value start(std::unique_ptr<Job> job, Place place);

 private:
  explicit Jobs(napi_env env) : env_(env) {}
  static void runJob(void* job) noexcept;
  static void settleAll(napi_env env, napi_value, void* context, void*);
  static void cleanUp(void* self);
  void finished(Job* job) noexcept;
  std::unique_ptr<Job> takeFinished() noexcept;
  void settle(napi_env env, Job& job);
  void stopAll() noexcept;
  friend struct AtExit;

  napi_env env_;
  napi_threadsafe_function wake_ = nullptr;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<Job*> running_;
  Job* finished_ = nullptr;  // the latest first
  size_t unsettled_ = 0;  // environment's thread only
  bool closing_ = false;
};

// Threads a pass may use: itself and helpers from the pool; gives them back at its end.
class Helpers {
 public:
  explicit Helpers(uint32_t wanted) noexcept;
  ~Helpers();
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;
  uint32_t threads() const noexcept { return 1 + helpers_; }

 private:
  uint32_t helpers_ = 0;
};

}  // namespace sextant::addon
