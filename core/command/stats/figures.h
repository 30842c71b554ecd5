// The figures of one shard, or of all shards together: plain data, behind the pages of `stats` and
// the host's metrics.
//
//   Engine, Store  -- one a shard -->  EngineFigures, added up by the host
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"
#include "base/limits.h"
#include "command/stats/counters.h"
#include "command/tiering/tier_figures.h"
#include "store/store.h"

namespace isocache {

// Everything one shard knows; add() another shard's.
struct EngineFigures {
  EngineCounters engine;
  StoreCounters store;
  std::array<BandStats, kBands> bands = {};
  MemoryUse memory;
  std::uint64_t items = 0;
  std::uint64_t index_buckets = 0;
  bool index_growing = false;
  unsigned shards = 0;
  TierFigures tier;

  void add(const EngineFigures& other);
  // In memory and on the tier. An item that was brought back to memory counts twice, as long as its
  // record is true.
  std::uint64_t all_items() const { return items + tier.records; }
};

// Our bands in the terms of memcached's classes: an item size, how many such items a segment holds,
// and the age of the oldest segment.
constexpr std::uint64_t band_item_bytes(unsigned band) { return std::uint64_t{64} << 2 * band; }
constexpr std::uint64_t band_items_per_segment(unsigned band) {
  const std::uint64_t whole = limits::kSegmentBytes / band_item_bytes(band);
  return whole == 0 ? 1 : whole;
}
UnixSeconds band_age_s(const BandStats& band, UnixSeconds now_s);

}  // namespace isocache
