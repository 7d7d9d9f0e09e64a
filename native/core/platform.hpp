// What differs between a native build (threads, clock) and WebAssembly (one thread): locks, time, shared words.
#pragma once
#include <cstdint>
#include <ctime>
#ifndef __wasm__
#include <mutex>
#endif

namespace sextant {

#ifdef __wasm__
struct Mutex {
  void lock() noexcept {}
  void unlock() noexcept {}
};
#else
using Mutex = std::mutex;
#endif

class MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) noexcept : mutex_(mutex) { mutex_.lock(); }
  ~MutexGuard() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

// Words that several threads touch: loads acquire and stores release, which costs nothing on x86-64.
template <class T>
inline T loadShared(const T* word) noexcept {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
template <class T>
inline void storeShared(T* word, T value) noexcept {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

inline int64_t monotonicNs() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

inline void cpuRelax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace sextant
