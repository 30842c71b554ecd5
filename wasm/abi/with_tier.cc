// The tier of isocache-tier.wasm, and the call that asks for it.
#include "tier.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cache.h"
#include "command/tiering/tiering.h"
#include "host_device.h"

namespace isocache {
namespace {

constexpr std::uint64_t kLeastRegionBytes = PageSource::kPageBytes;
constexpr std::uint64_t kMostRegionBytes = 64U << 20U;
// One region is filled, and one is cleaned before that is full. So a tier of few regions is hardly
// ever full.
constexpr std::uint64_t kWantedRegions = 16;
constexpr std::uint64_t kLeastRegions = 4;

struct HostTier {
  HostTier(std::uint64_t bytes, const TieringOptions& options)
      : device(bytes), tiering(device, options) {}
  HostDevice device;
  Tiering tiering;
};

std::unique_ptr<HostTier> host_tier;

// A power of two. In a small tier, the regions are too small for the largest items, and these are
// dropped as without a tier.
std::uint64_t region_bytes(std::uint64_t tier_bytes, std::uint64_t max_item_bytes) {
  const std::uint64_t for_items = std::bit_ceil(2 * max_item_bytes);
  const std::uint64_t wanted = std::max(std::bit_floor(tier_bytes / kWantedRegions), for_items);
  const std::uint64_t most = std::bit_floor(tier_bytes / kLeastRegions);
  return std::clamp(std::min(wanted, most), kLeastRegionBytes, kMostRegionBytes);
}

}  // namespace

ColdTier* cold_tier() { return host_tier ? &host_tier->tiering : nullptr; }

// An empty item that waits for its value is worth nothing without those who load it.
bool tier_keeps(const ItemView& item, std::uint64_t hash) {
  return host_tier && !LocalBackend::is_lease(item) && host_tier->tiering.evicting(item, hash);
}

// Before open(), with its arguments: the store will have a tier of `bytes`, which must be enough
// for kLeastRegions. `random_0` and `random_1` must differ in every run.
ISOCACHE_EXPORT(open_tier)
void export_open_tier(double bytes, std::size_t max_item_bytes, std::uint32_t key_0,
                      std::uint32_t key_1, std::uint32_t key_2, std::uint32_t key_3,
                      std::uint32_t random_0, std::uint32_t random_1) {
  TieringOptions options;
  const auto tier_bytes = static_cast<std::uint64_t>(bytes);
  options.region_bytes = static_cast<std::size_t>(region_bytes(tier_bytes, max_item_bytes));
  options.part.bytes = tier_bytes / options.region_bytes * options.region_bytes;
  options.max_item_bytes = max_item_bytes;
  options.hash_key = hash_key(key_0, key_1, key_2, key_3);
  options.first_sequence = words(random_0, random_1);
  options.retries = true;
  host_tier = std::make_unique<HostTier>(options.part.bytes, options);
}

// Nothing is written now, because too many writes have failed. REQUIRES: open_tier() and open().
ISOCACHE_EXPORT(tier_off) bool export_tier_off() { return host_tier->tiering.off(); }

}  // namespace isocache
