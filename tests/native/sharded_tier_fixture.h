// What tests of a sharded backend with a tier begin with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "native/shards/sharded_backend.h"

namespace isocache {

inline constexpr std::uint64_t kMegabyte = 1U << 20;
inline constexpr UnixSeconds kNow_s = 1'000'000;
inline const HashKey kHashKey = hash_key_of(42);

// Items of any size go to the tier.
inline Settings settings_for(std::size_t megabytes) {
  Settings settings;
  settings.max_bytes = megabytes << 20;
  settings.ext_item_size = 0;
  return settings;
}

inline ShardTier tier_on(Device& device, unsigned shards) {
  const std::uint64_t size = device.size_bytes();
  return {.device = device,
          .plan = plan_tier({&size, 1}, 0, shards, kMegabyte),
          .epoch = 7,
          .first_sequence = 0x1234567890abcdef};
}

}  // namespace isocache
