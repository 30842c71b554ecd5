#include "command/stats/counters.h"

#include <cstddef>
#include <iterator>

namespace isocache {
namespace {

template <typename Counters>
using Field = std::uint64_t Counters::*;

// One loop over offsets instead of a line for each field: smaller, and no field is forgotten.
constexpr Field<BandCounters> kBandCounters[] = {
#define ISOCACHE_BAND_COUNTER(name) &BandCounters::name,
#include "command/stats/general.def"
};
constexpr Field<EngineCounters> kEngineCounters[] = {
#define ISOCACHE_ENGINE_COUNTER(name) &EngineCounters::name,
#include "command/stats/general.def"
};
constexpr Field<StoreCounters> kStoreCounters[] = {
#define ISOCACHE_STORE_COUNTER(name, field, when) &StoreCounters::field,
#define ISOCACHE_UNSHOWN_STORE_COUNTER(field) &StoreCounters::field,
#include "command/stats/general.def"
};
static_assert(sizeof(StoreCounters) ==
                  std::size(kStoreCounters) * sizeof(std::uint64_t) + sizeof(StoreCounters::bands),
              "general.def names each counter of the store once");
constexpr Field<BandEvents> kBandEvents[] = {&BandEvents::evictions,
                                             &BandEvents::evicted_unfetched,
                                             &BandEvents::evicted_active,
                                             &BandEvents::evicted_nonzero,
                                             &BandEvents::expired_unfetched,
                                             &BandEvents::reclaimed,
                                             &BandEvents::crawler_reclaimed,
                                             &BandEvents::crawler_items_checked,
                                             &BandEvents::out_of_memory,
                                             &BandEvents::promoted,
                                             &BandEvents::kept};
static_assert(sizeof(BandEvents) == std::size(kBandEvents) * sizeof(std::uint64_t));

template <typename Counters, std::size_t N>
void add_each(const Field<Counters> (&fields)[N], Counters& to, const Counters& more) {
  for (const Field<Counters> field : fields) to.*field += more.*field;
}

template <typename Counters, std::size_t N>
void subtract_each(const Field<Counters> (&fields)[N], Counters& from, const Counters& less) {
  for (const Field<Counters> field : fields) from.*field -= less.*field;
}

}  // namespace

BandCounters& BandCounters::operator+=(const BandCounters& other) {
  add_each(kBandCounters, *this, other);
  return *this;
}

EngineCounters& EngineCounters::operator+=(const EngineCounters& other) {
  for (unsigned band = 0; band < kBands; ++band) bands[band] += other.bands[band];
  add_each(kEngineCounters, *this, other);
  return *this;
}

BandCounters EngineCounters::sum_of_bands() const {
  BandCounters sum;
  for (const BandCounters& band : bands) sum += band;
  return sum;
}

void add(StoreCounters& to, const StoreCounters& more) {
  add_each(kStoreCounters, to, more);
  for (unsigned band = 0; band < kBands; ++band) {
    add_each(kBandEvents, to.bands[band], more.bands[band]);
  }
}

void subtract(StoreCounters& from, const StoreCounters& less) {
  subtract_each(kStoreCounters, from, less);
  for (unsigned band = 0; band < kBands; ++band) {
    subtract_each(kBandEvents, from.bands[band], less.bands[band]);
  }
}

}  // namespace isocache
