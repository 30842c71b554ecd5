// What one thread counts for `stats`. Written by its own thread, read by any: no locked instruction
// on the hot path.
#pragma once

#include <atomic>
#include <cstdint>

namespace isocache {

// REQUIRES: one thread writes.
class Counter {
 public:
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) WorkerCounters {
  Counter bytes_read;
  Counter bytes_written;
  Counter yields;        // turns that ended with requests left
  Counter idle_kicks;    // connections closed for idle_timeout
  Counter malloc_fails;  // connections closed because there was no memory for them
  Counter ticks;         // of its timer: the thread is alive
  // Closed because others waited for the memory they held.
  Counter closed_slow_readers;
  Counter closed_stalled_uploads;
};

}  // namespace isocache
