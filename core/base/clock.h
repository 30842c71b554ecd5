// Time comes from the host. The core reads no clock: a test can turn it, a worker need not own one.
#pragma once

#include <cstdint>

namespace isocache {

// Seconds since 1970-01-01 UTC; good until 2106.
using UnixSeconds = std::uint32_t;

// Set by the host before it hands bytes to a session, read by the core. One per thread.
struct Clock {
  UnixSeconds now_s = 0;
};

}  // namespace isocache
