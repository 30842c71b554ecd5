// Exptimes as the protocol has them (0, negative, relative, absolute) to unix seconds and back.
#pragma once

#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "base/limits.h"

namespace isocache {

// An exptime in the past ends up here, this long before now. The distance shows in one place: `t`
// of a command that itself sets such an exptime. memcached answers with the age of its own clock's
// origin, which is this on a server that has just started.
inline constexpr UnixSeconds kPastS = 61;

// 0 never expires; negative expires at once; up to 30 days counts from now; more is a unix time.
inline UnixSeconds expiry_time(std::int64_t exptime, UnixSeconds now_s) {
  const UnixSeconds past = now_s > kPastS ? now_s - kPastS : 1;
  if (exptime == 0) return 0;
  if (exptime < 0) return past;
  const std::int64_t at =
      exptime > limits::kMaxRelativeExptimeS ? exptime : exptime + std::int64_t{now_s};
  if (at < past) return past;
  constexpr std::int64_t kLast = std::numeric_limits<UnixSeconds>::max();
  return static_cast<UnixSeconds>(at < kLast ? at : kLast);
}

}  // namespace isocache
