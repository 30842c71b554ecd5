#include "native/tier/tier_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace isocache {

void TierWatch::run(std::int64_t now_ms) {
  if (now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kInterval_ms;
  const TierHealth health = tier_.health();
  if (health.damaged > last_.damaged) damage_.note("", health.damaged - last_.damaged);
  note_failures(health, now_ms);
  note_off(health);
  last_ = health;
  if (retry_ms_ == 0 || now_ms < retry_ms_) return;
  retry_ms_ = 0;
  delay_ms_ = std::min(2 * delay_ms_, kLongestDelay_ms);
  if (health.shards_off != 0) tier_.warn("ext_path: tries again to write");
  tier_.retry();
  last_.shards_off = 0;
}

void TierWatch::note_failures(const TierHealth& health, std::int64_t now_ms) {
  if (health.failed_writes > last_.failed_writes) {
    failed_ms_ = now_ms;
    if (retry_ms_ == 0) retry_ms_ = now_ms + delay_ms_;
  } else if (now_ms - failed_ms_ >= 2 * kLongestDelay_ms) {
    delay_ms_ = kFirstDelay_ms;
  }
}

void TierWatch::note_off(const TierHealth& health) {
  if (health.shards_off <= last_.shards_off) return;
  tier_.warn(fmt::format(
      "ext_path: too many writes have failed. Nothing more is written in {} shard{}. What lies "
      "there is still read. Another try in {} s at the latest",
      health.shards_off, health.shards_off == 1 ? "" : "s", delay_ms_ / 1000));
}

}  // namespace isocache
