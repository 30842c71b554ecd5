#include "native/shards/shard_tier.h"

#include <fmt/format.h>

#include <algorithm>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr std::uint64_t kMegabyte = 1U << 20;
constexpr std::uint64_t kTerabyte = std::uint64_t{1} << 40;

// memcached's default.
constexpr std::uint64_t kLargestRegion = 64 * kMegabyte;
// Regions that nobody asked for are multiples of it, as memcached's must be.
constexpr std::uint64_t kRegionUnit = 2 * kMegabyte;
// One region of a shard fills and one is cleaned, so a part in this many is not in use.
constexpr std::uint64_t kWantedRegions = 16;
constexpr std::uint64_t kLeastRegions = 4;
// The largest record that a log takes (core/tier/log_options.h) is smaller.
constexpr std::uint64_t kLargestRecord = 4 * kMegabyte;
// What the index of a shard can address.
constexpr std::uint64_t kLargestPart = kTerabyte;

std::uint64_t round_down(std::uint64_t bytes, std::uint64_t unit) { return bytes / unit * unit; }

std::uint64_t whole_regions(std::span<const std::uint64_t> files, std::uint64_t region_bytes) {
  std::uint64_t regions = 0;
  for (const std::uint64_t file : files) regions += file / region_bytes;
  return regions;
}

std::uint64_t chosen_region(std::span<const std::uint64_t> files, unsigned shards,
                            std::size_t max_item_bytes) {
  std::uint64_t all = 0;
  for (const std::uint64_t file : files) all += file;
  const std::uint64_t items = 2 * std::min<std::uint64_t>(max_item_bytes, kLargestRecord);
  const std::uint64_t least = round_down(items + kRegionUnit - 1, kRegionUnit);
  return std::clamp(round_down(all / shards / kWantedRegions, kRegionUnit), least, kLargestRegion);
}

}  // namespace

TierPlan plan_tier(std::span<const std::uint64_t> files, std::uint64_t page_bytes, unsigned shards,
                   std::size_t max_item_bytes) {
  const std::uint64_t region =
      page_bytes != 0 ? page_bytes : chosen_region(files, shards, max_item_bytes);
  const std::uint64_t regions = whole_regions(files, region) / shards;
  if (regions < kLeastRegions) {
    throw UsageError(fmt::format(
        "ext_path: too small for {} shard{} with pages of {} MB; it needs {} MB at least", shards,
        shards == 1 ? "" : "s", region / kMegabyte, kLeastRegions * region / kMegabyte * shards));
  }
  if (regions * region > kLargestPart) {
    throw UsageError(
        fmt::format("ext_path: {} TB is too much for {} shard{}, which {} 1 TB at most{}; more "
                    "threads (-t) and memory (-m) make more shards",
                    regions * region * shards / kTerabyte, shards, shards == 1 ? "" : "s",
                    shards == 1 ? "has" : "have", shards == 1 ? "" : " each"));
  }
  return {.region_bytes = static_cast<std::size_t>(region), .part_bytes = regions * region};
}

}  // namespace isocache
