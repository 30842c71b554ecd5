// Finds connections that hold memory others wait for, and do nothing with it: replies in pinned
// segments that are not taken, uploads that do not go on.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace isocache {

class HoldWatch {
 public:
  // Who holds memory and moves fewer bytes than that in that time is closed, if somebody waits.
  static constexpr UnixSeconds kLimit_s = 5;
  static constexpr std::uint64_t kLeastBytes = 16U << 10;

  // About once a second. `moved_bytes`: what has gone through since the connection's begin. True:
  // it has held memory for the limit and moved next to nothing.
  bool look(bool holds, std::uint64_t moved_bytes, UnixSeconds now_s) {
    if (!holds || since_s_ == 0 || moved_bytes - moved_then_ >= kLeastBytes) {
      since_s_ = holds ? now_s : 0;
      moved_then_ = moved_bytes;
    }
    return holds && now_s - since_s_ >= kLimit_s;
  }

 private:
  UnixSeconds since_s_ = 0;  // 0: it holds none
  std::uint64_t moved_then_ = 0;
};

}  // namespace isocache
