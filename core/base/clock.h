// Time comes from the host. The core reads no clock, so a test can set the time and a worker needs
// no clock of its own.
#pragma once

#include <cstdint>
#include <limits>

namespace isocache {

// Seconds since 1970-01-01 UTC. They end in 2106.
using UnixSeconds = std::uint32_t;

// The nearest time that can be represented. After 2106 the clock stands still; it does not begin in
// 1970 again.
constexpr UnixSeconds unix_seconds(std::int64_t seconds) {
  constexpr std::int64_t kLast = std::numeric_limits<UnixSeconds>::max();
  return static_cast<UnixSeconds>(seconds < 0 ? 0 : seconds < kLast ? seconds : kLast);
}

// The host sets it before it passes bytes to a session, and the core reads it. There is one for
// each thread.
// It holds two times, because somebody may set the wall clock. Items use the store's time, which
// advances evenly, so a step of the wall clock does not change a TTL. Dates that clients send or
// read use the wall clock. They are translated where they are parsed (Session) and printed.
struct Clock {
  UnixSeconds now_s = 0;              // the store's time
  std::int64_t wall_minus_now_s = 0;  // how far the wall clock is ahead of it

  // The time of the wall clock when the store's time is `at_s`.
  UnixSeconds wall(UnixSeconds at_s) const {
    return unix_seconds(std::int64_t{at_s} + wall_minus_now_s);
  }
  UnixSeconds wall_s() const { return wall(now_s); }
};

}  // namespace isocache
