// What the engine counts since the start or `stats reset`. The fields are the counters of
// general.def, which says how each is called, where it is shown and how it is added up.
#pragma once

#include <array>
#include <cstdint>

#include "store/store.h"

namespace isocache {

// memcached counts these by slab class; we count them by size band.
struct BandCounters {
#define ISOCACHE_BAND_COUNTER(name) std::uint64_t name = 0;
#include "command/stats/general.def"

  BandCounters& operator+=(const BandCounters& other);
};

struct EngineCounters {
  std::array<BandCounters, kBands> bands = {};
#define ISOCACHE_ENGINE_COUNTER(name) std::uint64_t name = 0;
#include "command/stats/general.def"

  EngineCounters& operator+=(const EngineCounters& other);
  BandCounters sum_of_bands() const;
  std::uint64_t cmd_get() const { return sum_of_bands().get_hits + get_misses; }
};

// The counts since `less` was taken.
void subtract(StoreCounters& from, const StoreCounters& less);
void add(StoreCounters& to, const StoreCounters& more);

}  // namespace isocache
