// The time of day that expiry goes by: read once at the start, carried on by a clock that nobody
// can set. A corrected system clock neither expires the whole cache nor makes items immortal;
// memcached does the same.
#pragma once

#include <cstdint>
#include <ctime>

#include "base/clock.h"

namespace isocache {

class HostClock {
 public:
  HostClock() : unix_minus_monotonic_ns_(read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC)) {}

  struct Now {
    std::int64_t monotonic_ms = 0;  // for timers
    UnixSeconds unix_s = 0;
  };
  // No system call: the kernel maps this clock into the process.
  Now now() const {
    const std::int64_t ns = read_ns(CLOCK_MONOTONIC);
    return {ns / 1'000'000,
            static_cast<UnixSeconds>((ns + unix_minus_monotonic_ns_) / 1'000'000'000)};
  }

 private:
  static std::int64_t read_ns(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  }

  std::int64_t unix_minus_monotonic_ns_;
};

}  // namespace isocache
