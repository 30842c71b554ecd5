// Time comes from the host. The core reads no clock: a test can turn it, a worker need not own one.
#pragma once

#include <cstdint>
#include <limits>

namespace isocache {

// Seconds since 1970-01-01 UTC; good until 2106.
using UnixSeconds = std::uint32_t;

// The nearest time there is: after 2106 the clock stands still, rather than begin in 1970 again.
constexpr UnixSeconds unix_seconds(std::int64_t seconds) {
  constexpr std::int64_t kLast = std::numeric_limits<UnixSeconds>::max();
  return static_cast<UnixSeconds>(seconds < 0 ? 0 : seconds < kLast ? seconds : kLast);
}

// Set by the host before it hands bytes to a session, read by the core. One per thread.
//
// Two times, because somebody may set the wall clock. Items live by the store's, which goes on
// evenly: a TTL does not notice. What clients send or read as a date is by the wall clock, and is
// translated where it is parsed (Session) and printed.
struct Clock {
  UnixSeconds now_s = 0;              // the store's time
  std::int64_t wall_minus_now_s = 0;  // how far the wall clock is ahead of it

  // What the wall clock shows when the store's time is `at_s`.
  UnixSeconds wall(UnixSeconds at_s) const {
    return unix_seconds(std::int64_t{at_s} + wall_minus_now_s);
  }
  UnixSeconds wall_s() const { return wall(now_s); }
};

}  // namespace isocache
