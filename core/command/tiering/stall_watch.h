// Whether a device still ends what was begun on it.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "command/program_parts.h"

namespace isocache {

class StallWatch {
 public:
  // Call it when the time has changed. `in_flight`: something has not ended; `ended`: how often
  // something has.
  void on_time(UnixSeconds now_s, bool in_flight, std::uint64_t ended) {
    now_s_ = now_s;
    if (in_flight && ended == ended_) return;
    since_s_ = now_s;
    ended_ = ended;
  }
  // Nothing has ended for some seconds, although something was in flight all the time. Never, where
  // operations end within the call.
  bool stalled(std::uint64_t ended) const {
    return replies_may_be_late() && ended == ended_ && now_s_ >= since_s_ + kLimit_s;
  }

 private:
  // Less than a session waits for a reply. Flash that is worn out takes a second now and then.
  static constexpr UnixSeconds kLimit_s = 3;
  static constexpr std::uint64_t kNeverSeen = ~std::uint64_t{0};

  UnixSeconds now_s_ = 0;
  UnixSeconds since_s_ = 0;
  std::uint64_t ended_ = kNeverSeen;
};

}  // namespace isocache
