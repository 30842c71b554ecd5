// Looks after a tier from time to time: says in the log what goes wrong, and lets the tier try
// again to write after failures. The first time after ten seconds, then after twice as long each
// time, up to ten minutes.
//
//   a write fails --delay--> retry() --nothing fails for twenty minutes--> the first delay again
//                    ^---- it fails again: twice the delay ----|
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "command/tiering/tier_figures.h"
#include "native/tier/fault_log.h"

namespace isocache {

class TierWatch {
 public:
  static constexpr std::int64_t kInterval_ms = 1000;
  static constexpr std::int64_t kFirstDelay_ms = 10'000;
  static constexpr std::int64_t kLongestDelay_ms = 600'000;

  struct Tier {
    std::function<TierHealth()> health;
    std::function<void()> retry;
    std::function<void(const std::string&)> warn;  // a line for the log
  };
  explicit TierWatch(Tier tier) : tier_(std::move(tier)) {}

  // Call it often, always from one thread. `now_ms`: a clock that does not go back.
  void run(std::int64_t now_ms);

 private:
  void note_failures(const TierHealth& health, std::int64_t now_ms);
  void note_off(const TierHealth& health);

  const Tier tier_;
  FaultLog damage_{"ext_path: what was read is not what was written"};
  TierHealth last_;
  std::int64_t next_look_ms_ = 0;
  std::int64_t delay_ms_ = kFirstDelay_ms;
  std::int64_t failed_ms_ = 0;  // the last failure that was seen
  std::int64_t retry_ms_ = 0;   // 0: nothing to try
};

}  // namespace isocache
