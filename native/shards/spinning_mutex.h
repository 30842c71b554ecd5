// A mutex for short work: a thread that finds it taken looks again for about a microsecond before
// it sleeps. A shard is nearly always held for less time than that, and a sleep costs ten times as
// much. glibc's adaptive mutex is not enough: a pipeline over several shards takes a lock for each
// request, and with that mutex two threads served a tenth less.
#pragma once

#include <atomic>
#include <cstdint>

namespace isocache {

class SpinningMutex {
 public:
  SpinningMutex() = default;
  SpinningMutex(const SpinningMutex&) = delete;
  SpinningMutex& operator=(const SpinningMutex&) = delete;

  // For std::lock_guard and std::unique_lock.
  void lock() {
    if (!try_lock()) lock_slowly();
  }
  bool try_lock() {
    std::uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kWaitedFor) state_.notify_one();
  }

 private:
  enum : std::uint32_t { kFree, kHeld, kWaitedFor };
  static constexpr int kLooks = 64;

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  void lock_slowly() {
    for (int looks = 0; looks < kLooks; ++looks) {
      pause();
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    }
    // A thread that has slept leaves the mutex marked as contended: others may still sleep.
    while (state_.exchange(kWaitedFor, std::memory_order_acquire) != kFree) {
      state_.wait(kWaitedFor, std::memory_order_relaxed);
    }
  }

  std::atomic<std::uint32_t> state_ = kFree;
};

}  // namespace isocache
