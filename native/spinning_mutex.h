// A mutex for short work: who finds it taken looks again for about a microsecond before it sleeps.
// A shard is held for less than that nearly always, and a sleep costs ten times as much.
#pragma once

#include <pthread.h>

namespace isocache {

class SpinningMutex {
 public:
  SpinningMutex() = default;
  SpinningMutex(const SpinningMutex&) = delete;
  SpinningMutex& operator=(const SpinningMutex&) = delete;
  ~SpinningMutex() { ::pthread_mutex_destroy(&mutex_); }

  // For std::lock_guard and std::unique_lock.
  void lock() { ::pthread_mutex_lock(&mutex_); }
  bool try_lock() { return ::pthread_mutex_trylock(&mutex_) == 0; }
  void unlock() { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;  // glibc's
};

}  // namespace isocache
