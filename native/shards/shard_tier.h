// How the shards of a server share the tier's device: each has a part of it, all of one size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/tier/device.h"

namespace isocache {

struct TierPlan {
  std::size_t region_bytes = 0;
  std::uint64_t part_bytes = 0;  // of each shard; a multiple of region_bytes
};

// `files`: the size of each. `page_bytes`: what the user asks for as the size of a region; 0: it is
// chosen, so that a small tier has enough of them. Throws UsageError: too small, too large.
TierPlan plan_tier(std::span<const std::uint64_t> files, std::uint64_t page_bytes, unsigned shards,
                   std::size_t max_item_bytes);

struct ShardTier {
  Device& device;  // it outlives the shards
  TierPlan plan;
  std::uint64_t epoch = 0;           // of this run
  std::uint64_t first_sequence = 1;  // random in every run
};

}  // namespace isocache
