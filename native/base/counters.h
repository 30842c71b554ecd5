// Counters of one thread for `stats`. Its own thread writes them and any thread reads them, so the
// hot path needs no locked instruction.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

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

// The counters of worker_counters.def, and those that only the watchdog reads.
struct alignas(64) WorkerCounters {
#define ISOCACHE_WORKER_COUNTER(field, name) Counter field;
#include "native/base/worker_counters.def"
  Counter ticks;  // of its timer: they show that the thread is alive
};

using WorkerCounter = Counter WorkerCounters::*;

struct WorkerCounterRow {
  std::string_view name;  // in `stats`
  WorkerCounter counter;
};

inline constexpr WorkerCounterRow kWorkerCounters[] = {
#define ISOCACHE_WORKER_COUNTER(field, name) {#name, &WorkerCounters::field},
#include "native/base/worker_counters.def"
};

}  // namespace isocache
