// Finds connections that hold memory that others wait for, and make no use of it: replies in pinned
// segments that the client does not take, and uploads that do not continue.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace isocache {

class HoldWatch {
 public:
  // If others wait for memory, a connection that holds some has to move a quarter of it in this
  // time, but at least and at most so many bytes. Otherwise it is closed.
  static constexpr UnixSeconds kLimit_s = 5;
  // A connection that had to wait itself has to start at once, at the same pace: a value that was
  // announced that long ago is on its way, if it ever comes. So a crowd that stands still is gone
  // sooner.
  static constexpr UnixSeconds kLimitAfterWait_s = 2;
  static constexpr std::uint64_t kLeastBytes = 16U << 10;
  static constexpr std::uint64_t kMostBytes = 256U << 10;

  // Call it about once a second. `held_bytes`: bytes of the reply that is not taken yet, or of the
  // value that has not arrived yet; 0: none. `moved_bytes`: bytes moved since the connection began.
  // True: it has held memory for the limit and moved too little.
  bool look(std::uint64_t held_bytes, std::uint64_t moved_bytes, UnixSeconds now_s) {
    if (held_bytes == 0) {
      since_s_ = 0;
      return false;
    }
    const std::uint64_t wanted =
        std::clamp(held_bytes / 4, kLeastBytes, kMostBytes) * limit_s_ / kLimit_s;
    const bool begins = since_s_ == 0;
    if (begins || moved_bytes - moved_then_ >= wanted) {
      since_s_ = now_s;
      moved_then_ = moved_bytes;
      limit_s_ = begins && has_waited_ ? kLimitAfterWait_s : kLimit_s;
      has_waited_ = false;
    }
    return now_s - since_s_ >= limit_s_;
  }
  // It cannot continue because memory is missing. It will have waited for what it holds next.
  void note_wait() { has_waited_ = true; }

 private:
  UnixSeconds since_s_ = 0;  // 0: it holds none
  UnixSeconds limit_s_ = kLimit_s;
  std::uint64_t moved_then_ = 0;
  bool has_waited_ = false;
};

}  // namespace isocache
