#include "native/tier/tier_watch.h"

#include <fmt/format.h>

namespace isocache {

void TierWatch::run(std::int64_t now_ms) {
  if (now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kInterval_ms;
  const TierHealth health = tier_.health();
  if (health.damaged > last_.damaged) damage_.note("", health.damaged - last_.damaged);
  const auto now_s = static_cast<std::uint32_t>(now_ms / kInterval_ms);
  retry_.note(static_cast<std::uint32_t>(health.failed_writes), now_s);
  note_off(health);
  last_ = health;
  if (!retry_.due(now_s)) return;
  if (health.shards_off != 0) tier_.warn("ext_path: tries again to write");
  tier_.retry();
  last_.shards_off = 0;
}

void TierWatch::note_off(const TierHealth& health) {
  if (health.shards_off <= last_.shards_off) return;
  tier_.warn(fmt::format(
      "ext_path: too many writes have failed. Nothing more is written in {} shard{}. What lies "
      "there is still read. Another try in {} s at the latest",
      health.shards_off, health.shards_off == 1 ? "" : "s", retry_.delay_s()));
}

}  // namespace isocache
