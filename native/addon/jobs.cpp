#include "jobs.hpp"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <utility>

#include "../pool/pool.hpp"

namespace sextant::addon {
namespace {

std::mutex helpersMutex;
uint32_t helpersInUse = 0;

// Long work runs on what searches and requests leave of the processors: this thread's priority sinks.
void giveWay() noexcept {
#ifdef __linux__
  constexpr int niceness = 10;
  // A refusal costs nothing but the politeness.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
#endif
}

}  // namespace

// Every live Jobs, so that a process that exits in the middle of jobs stops them before the pool ends.
struct AtExit {
  std::mutex mutex;
  std::vector<Jobs*> all;

  // The pool must exist first: what is built later is destroyed earlier.
  static AtExit& shared() {
    threadCount();
    static AtExit instance;
    return instance;
  }
  ~AtExit() {
    std::lock_guard<std::mutex> lock(mutex);
    for (Jobs* jobs : all) jobs->stopAll();
  }
};

Helpers::Helpers(uint32_t wanted) noexcept {
  std::lock_guard<std::mutex> lock(helpersMutex);
  uint32_t pool = threadCount();
  uint32_t free = pool > helpersInUse + 1 ? pool - 1 - helpersInUse : 0;
  helpers_ = wanted > 1 ? std::min(wanted - 1, free) : 0;
  helpersInUse += helpers_;
}

Helpers::~Helpers() {
  std::lock_guard<std::mutex> lock(helpersMutex);
  helpersInUse -= helpers_;
}

void Job::keep(napi_env env, napi_value value) {
  napi_ref reference;
  check(env, napi_create_reference(env, value, 1, &reference));
  kept_.push_back(reference);
}

void Job::obey(napi_env env, const Span<int32_t>& cell) {
  if (cell.value == nullptr) return;
  if (cell.length == 0) refuse("a cancel cell needs one element");
  static_assert(sizeof(std::atomic<int32_t>) == 4 && std::atomic<int32_t>::is_always_lock_free);
  keep(env, cell.value);
  cancel_ = reinterpret_cast<std::atomic<int32_t>*>(cell.data);
}

Jobs& Jobs::of(napi_env env) {
  void* data = nullptr;
  check(env, napi_get_instance_data(env, &data));
  if (data == nullptr) throw Refusal{"SEXTANT_INTERNAL", "the environment is closing"};
  return *static_cast<Jobs*>(data);
}

void Jobs::attach(napi_env env) {
  std::unique_ptr<Jobs> jobs(new Jobs(env));
  napi_value name;
  check(env, napi_create_string_utf8(env, "sextant", NAPI_AUTO_LENGTH, &name));
  check(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, jobs.get(), settleAll, &jobs->wake_));
  check(env, napi_unref_threadsafe_function(env, jobs->wake_));
  check(env, napi_set_instance_data(env, jobs.get(), nullptr, nullptr));
  AtExit& atExit = AtExit::shared();
  {
    std::lock_guard<std::mutex> lock(atExit.mutex);
    atExit.all.push_back(jobs.get());
  }
  // Registered after the thread-safe function's own hook, hence run before it.
  check(env, napi_add_env_cleanup_hook(env, cleanUp, jobs.get()));
  jobs.release();
}

napi_value Jobs::start(std::unique_ptr<Job> owned, Place place) {
  Job* job = owned.get();
  job->jobs_ = this;
  napi_value promise;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closing_) throw Refusal{"SEXTANT_INTERNAL", "the environment is closing"};
    running_.reserve(running_.size() + 1);
  }
  check(env_, napi_create_promise(env_, &job->deferred_, &promise));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    job->place_ = running_.size();
    running_.push_back(owned.release());
  }
  if (unsettled_++ == 0) napi_ref_threadsafe_function(env_, wake_);
  bool started = false;
  if (place == Place::pool) {
    started = submit([](void* context) { runJob(context); }, job);
  } else {
    try {
      std::lock_guard<std::mutex> lock(mutex_);  // holds the thread back until `thread_` is set
      job->thread_ = std::thread([job] {
        giveWay();
        runJob(job);
      });
      started = true;
    } catch (...) {  // no thread to be had: told below
    }
  }
  if (!started) {
    job->status_ = Status::noMemory;
    snprintf(job->error_.text, sizeof(job->error_.text), "no thread could be started");
    finished(job);
  }
  return promise;
}

void Jobs::runJob(void* context) noexcept {
  Job* job = static_cast<Job*>(context);
  job->status_ = job->run(job->error_);
  job->jobs_->finished(job);
}

// All finished jobs, the first one in front; their threads have ended.
std::unique_ptr<Job> Jobs::takeFinished() noexcept {
  Job* latest;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    latest = std::exchange(finished_, nullptr);
  }
  Job* ordered = nullptr;
  while (latest != nullptr) {
    Job* next = std::exchange(latest->next_, ordered);
    ordered = std::exchange(latest, next);
    if (ordered->thread_.joinable()) ordered->thread_.join();
  }
  return std::unique_ptr<Job>(ordered);
}

// The last that the job's thread does. Wakes the environment once for all that finish until it looks.
void Jobs::finished(Job* job) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  running_[job->place_] = running_.back();
  running_[job->place_]->place_ = job->place_;
  running_.pop_back();
  bool first = finished_ == nullptr;
  job->next_ = finished_;
  finished_ = job;
  if (first && !closing_) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  if (running_.empty()) idle_.notify_all();
}

void Jobs::settleAll(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is closing
  Jobs& self = *static_cast<Jobs*>(context);
  for (std::unique_ptr<Job> job = self.takeFinished(); job != nullptr; job.reset(job->next_)) {
    self.settle(env, *job);
    self.unsettled_--;
  }
  if (self.unsettled_ == 0) napi_unref_threadsafe_function(env, self.wake_);
}

void Jobs::settle(napi_env env, Job& job) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  const char* code = "SEXTANT_INTERNAL";
  std::string message = "unexpected failure in the addon";
  napi_value value = nullptr;
  try {
    check(job.status_, job.error_);
    value = job.result(env);
  } catch (const Refusal& refusal) {
    code = refusal.code;
    message = refusal.message;
  } catch (...) {  // told as an internal error
  }
  for (napi_ref reference : job.kept_) napi_delete_reference(env, reference);
  napi_value pending;
  bool isPending = false;
  napi_is_exception_pending(env, &isPending);
  if (isPending) napi_get_and_clear_last_exception(env, &pending);
  if (value != nullptr) {
    napi_resolve_deferred(env, job.deferred_, value);
  } else {
    napi_value codeValue, text, error;
    napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &codeValue);
    napi_create_string_utf8(env, message.c_str(), NAPI_AUTO_LENGTH, &text);
    napi_create_error(env, codeValue, text, &error);
    napi_reject_deferred(env, job.deferred_, error);
  }
  napi_close_handle_scope(env, scope);
}

// Tells all running jobs to stop and waits for them.
void Jobs::stopAll() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  closing_ = true;
  for (Job* job : running_) job->cancel_->store(1);
  idle_.wait(lock, [this] { return running_.empty(); });
}

void Jobs::cleanUp(void* self) {
  std::unique_ptr<Jobs> jobs(static_cast<Jobs*>(self));
  jobs->stopAll();
  {
    AtExit& atExit = AtExit::shared();
    std::lock_guard<std::mutex> lock(atExit.mutex);
    atExit.all.erase(std::find(atExit.all.begin(), atExit.all.end(), jobs.get()));
  }
  napi_set_instance_data(jobs->env_, nullptr, nullptr, nullptr);
  // The promises of these jobs are never settled, and their references go with the environment.
  for (std::unique_ptr<Job> job = jobs->takeFinished(); job != nullptr; job.reset(job->next_)) continue;
}

}  // namespace sextant::addon
