// Looks after a tier from time to time: says in the log what goes wrong, and lets the tier try
// again to write after failures (RetryDelay says when).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "command/tiering/retry_delay.h"
#include "command/tiering/tier_figures.h"
#include "native/tier/fault_log.h"

namespace isocache {

class TierWatch {
 public:
  static constexpr std::int64_t kInterval_ms = 1000;

  struct Tier {
    std::function<TierHealth()> health;
    std::function<void()> retry;
    std::function<void(const std::string&)> warn;  // a line for the log
  };
  explicit TierWatch(Tier tier) : tier_(std::move(tier)) {}

  // Call it often, always from one thread. `now_ms`: a clock that does not go back.
  void run(std::int64_t now_ms);

 private:
  void note_off(const TierHealth& health);

  const Tier tier_;
  FaultLog damage_{"ext_path: what was read is not what was written"};
  TierHealth last_;
  std::int64_t next_look_ms_ = 0;
  RetryDelay retry_;
};

}  // namespace isocache
