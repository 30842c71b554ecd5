// Finds connections that hold memory others wait for, and do nothing with it: replies in pinned
// segments that are not taken, uploads that do not go on.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace isocache {

class HoldWatch {
 public:
  // Who holds memory and moves less than a quarter of it in that time (but at least and at most so
  // much) is closed, if somebody waits.
  static constexpr UnixSeconds kLimit_s = 5;
  static constexpr std::uint64_t kLeastBytes = 16U << 10;
  static constexpr std::uint64_t kMostBytes = 256U << 10;

  // About once a second. `held_bytes`: of the reply not yet taken or the value not yet there; 0:
  // none. `moved_bytes`: what has gone through since the connection's begin. True: it has held
  // memory for the limit and moved too little.
  bool look(std::uint64_t held_bytes, std::uint64_t moved_bytes, UnixSeconds now_s) {
    const bool holds = held_bytes != 0;
    const std::uint64_t wanted = std::clamp(held_bytes / 4, kLeastBytes, kMostBytes);
    if (!holds || since_s_ == 0 || moved_bytes - moved_then_ >= wanted) {
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
