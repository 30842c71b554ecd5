// Adds the figures of several shards up.
#include "command/stats/figures.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>

namespace isocache {
namespace {

constexpr std::size_t MemoryUse::*kMemoryUses[] = {
    &MemoryUse::limit,        &MemoryUse::segment_bytes,   &MemoryUse::index_bytes,
    &MemoryUse::ghost_bytes,  &MemoryUse::item_bytes,      &MemoryUse::dead_bytes,
    &MemoryUse::upload_bytes, &MemoryUse::pinned_segments, &MemoryUse::uploads_waiting,
    &MemoryUse::lent_bytes};
static_assert(sizeof(MemoryUse) == std::size(kMemoryUses) * sizeof(std::size_t),
              "each field of MemoryUse is added up");

// TierFigures is nothing but counters: added up as one array.
constexpr std::size_t kTierFigures = sizeof(TierFigures) / sizeof(std::uint64_t);
static_assert(std::is_trivially_copyable_v<TierFigures> &&
                  sizeof(TierFigures) == kTierFigures * sizeof(std::uint64_t) &&
                  std::is_standard_layout_v<TierFigures>,
              "each field of TierFigures is added up");
using TierArray = std::array<std::uint64_t, kTierFigures>;

void add_tier(TierFigures& sum, const TierFigures& other) {
  TierArray numbers;
  TierArray more;
  std::memcpy(numbers.data(), &sum, sizeof numbers);
  std::memcpy(more.data(), &other, sizeof more);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] += more[i];
  std::memcpy(static_cast<void*>(&sum), numbers.data(), sizeof numbers);
}

void add_band(BandStats& sum, const BandStats& other) {
  sum.items += other.items;
  sum.item_bytes += other.item_bytes;
  sum.segments += other.segments;
  if (sum.oldest_s == 0 || (other.oldest_s != 0 && other.oldest_s < sum.oldest_s)) {
    sum.oldest_s = other.oldest_s;
  }
  sum.evicted_age_s = std::max(sum.evicted_age_s, other.evicted_age_s);
}

}  // namespace

void EngineFigures::add(const EngineFigures& other) {
  engine += other.engine;
  isocache::add(store, other.store);
  for (unsigned band = 0; band < kBands; ++band) add_band(bands[band], other.bands[band]);
  for (const auto use : kMemoryUses) memory.*use += other.memory.*use;
  items += other.items;
  index_buckets += other.index_buckets;
  index_growing = index_growing || other.index_growing;
  shards += other.shards;
  add_tier(tier, other.tier);
}

UnixSeconds band_age_s(const BandStats& band, UnixSeconds now_s) {
  return band.oldest_s != 0 && band.oldest_s < now_s ? now_s - band.oldest_s : 0;
}

}  // namespace isocache
