// Exptimes of the protocol (0, negative, relative, absolute), turned into unix seconds and back.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/inline.h"
#include "base/limits.h"

namespace isocache {

// An exptime in the past is stored as a time this long before now. A client can see the distance in
// one place: the flag `t` of a command that itself sets such an exptime. memcached answers with the
// age of its clock's origin, which has this value on a server that has just started.
inline constexpr UnixSeconds kPastS = 61;

// 0 never expires, a negative exptime expires at once, up to 30 days counts from now, and more is a
// unix time.
ISOCACHE_CALLED_IN_WASM inline UnixSeconds expiry_time(std::int64_t exptime, UnixSeconds now_s) {
  const UnixSeconds past = now_s > kPastS ? now_s - kPastS : 1;
  if (exptime == 0) return 0;
  if (exptime < 0) return past;
  const std::int64_t at =
      exptime > limits::kMaxRelativeExptimeS ? exptime : exptime + std::int64_t{now_s};
  if (at < past) return past;
  return unix_seconds(at);
}

// The largest exptime that a client may send now.
inline std::int64_t max_exptime(const Clock& clock) {
  return clock.wall_s() < limits::kMaxExptimeS ? limits::kMaxExptimeS : limits::kMaxLateExptimeS;
}

// Translates an exptime that a client sent. If it is a date, it is a date of the wall clock, and
// becomes one of the store's time.
inline std::int64_t store_exptime(std::int64_t exptime, const Clock& clock) {
  if (exptime <= limits::kMaxRelativeExptimeS) return exptime;
  const std::int64_t at = exptime - clock.wall_minus_now_s;
  if (at > limits::kMaxRelativeExptimeS) return at;
  // as a date it would be taken for a relative time
  return at > clock.now_s ? at - clock.now_s : -1;
}

}  // namespace isocache
