// When to try again to write, after writes have failed. The first time after ten seconds, then
// after twice as long each time, up to ten minutes.
//
//   a write fails --delay--> due() --nothing fails for twenty minutes--> the first delay again
//                    ^---- it fails again: twice the delay ----|
#pragma once

#include <algorithm>
#include <cstdint>

namespace isocache {

class RetryDelay {
 public:
  static constexpr std::uint32_t kFirst_s = 10;
  static constexpr std::uint32_t kLongest_s = 600;

  // Call it often. `failures`: so far, modulo 2^32. `now_s`: a clock. If it goes back, the next try
  // comes at once.
  void note(std::uint32_t failures, std::uint32_t now_s) {
    if (failures != failures_) {
      failures_ = failures;
      failed_s_ = now_s;
      if (!waiting_) since_s_ = now_s;
      waiting_ = true;
    } else if (now_s - failed_s_ >= 2 * kLongest_s) {
      delay_s_ = kFirst_s;
    }
  }
  // It is time to try. Says so once for each delay.
  bool due(std::uint32_t now_s) {
    if (!waiting_ || now_s - since_s_ < delay_s_) return false;
    waiting_ = false;
    delay_s_ = std::min(2 * delay_s_, kLongest_s);
    return true;
  }
  std::uint32_t delay_s() const { return delay_s_; }

 private:
  std::uint32_t failures_ = 0;
  std::uint32_t failed_s_ = 0;  // when the last failure was seen
  std::uint32_t since_s_ = 0;
  std::uint32_t delay_s_ = kFirst_s;
  bool waiting_ = false;
};

}  // namespace isocache
