// The store's time is the time of day at the start, advanced by a clock that nobody can set. So a
// corrected system clock neither expires the whole cache nor makes items immortal; memcached does
// the same. Each reading also notes how far the system clock is ahead of it, for dates.
#pragma once

#include <cstdint>
#include <ctime>

#include "base/clock.h"

namespace isocache {

class HostClock {
 public:
  // Returns a clock's nanoseconds. Tests pass a clock of their own.
  using Read = std::int64_t (*)(clockid_t);

  explicit HostClock(Read read = read_ns)
      : read_(read), wall_minus_monotonic_ns_(read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC)) {}

  struct Now {
    std::int64_t monotonic_ms = 0;  // for timers
    Clock clock;                    // for the core
  };
  // No system call: the kernel maps both clocks into the process.
  Now now() const {
    const std::int64_t ns = read_(CLOCK_MONOTONIC);
    const std::int64_t stepped_ns = read_(CLOCK_REALTIME) - ns - wall_minus_monotonic_ns_;
    return {ns / 1'000'000,
            {unix_seconds((ns + wall_minus_monotonic_ns_) / kSecond_ns), nearest_s(stepped_ns)}};
  }

 private:
  static constexpr std::int64_t kSecond_ns = 1'000'000'000;

  static std::int64_t read_ns(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::int64_t>(time.tv_sec) * kSecond_ns + time.tv_nsec;
  }
  // Rounded, because the two clocks are never read at exactly the same time.
  static std::int64_t nearest_s(std::int64_t ns) {
    return (ns + (ns < 0 ? -kSecond_ns : kSecond_ns) / 2) / kSecond_ns;
  }

  Read read_;
  std::int64_t wall_minus_monotonic_ns_;
};

}  // namespace isocache
