// How long operations take that must be timed one by one. Other programs on the machine make any
// operation long once in a while. But the same operations in the same order stall at the same
// place. So each run is repeated from its begin, and each operation counts with its shortest time.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/base/histogram.h"
#include "bench/micro/micro.h"

namespace isocache::bench {

inline constexpr int kRepetitions = 5;

// The CPU time of this thread. What others do on the machine counts even less, but each look costs
// half a microsecond.
struct ThreadClock {
  static std::chrono::nanoseconds now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

template <typename Clock, typename Do>
std::chrono::nanoseconds timed(Do&& what) {
  const auto before = Clock::now();
  what();
  return Clock::now() - before;
}

// make() begins a run. access(*run, i) does operation i and returns how long it took; check(*run)
// is called at the end of each run.
template <typename Make, typename Access, typename Check>
Stalls measure_repeated(std::size_t operations, Make&& make, Access&& access, Check&& check) {
  std::vector<std::uint32_t> shortest_ns(operations, UINT32_MAX);
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto run = make();
    for (std::size_t i = 0; i < operations; ++i) {
      const std::chrono::nanoseconds took = access(*run, i);
      shortest_ns[i] = std::min(shortest_ns[i], static_cast<std::uint32_t>(took.count()));
    }
    check(*run);
  }
  const auto histogram = std::make_unique<Histogram>();
  for (const std::uint32_t took_ns : shortest_ns) histogram->add(took_ns);
  return {operations, histogram->max_ns(), histogram->quantile_ns(0.9999),
          histogram->quantile_ns(0.5)};
}

}  // namespace isocache::bench
