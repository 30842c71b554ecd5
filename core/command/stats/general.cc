// `stats`: the rows of general.def.

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "command/program_parts.h"
#include "command/stats/pages.h"
#include "command/stats/row_names.h"
#include "command/stats/writer.h"

namespace isocache {
namespace {

constexpr std::string_view kNames[] = {
#define ISOCACHE_ENGINE_COUNTER(name) #name,
#define ISOCACHE_BAND_COUNTER(name) #name,
#define ISOCACHE_STORE_COUNTER(name, field, when) #name,
#define ISOCACHE_STAT(name, value, when) #name,
#define ISOCACHE_HOST_STAT(name, otherwise) #name,
#include "command/stats/general.def"
};
static_assert(all_differ(kNames), "general.def has two rows of one name");

constexpr unsigned kPointerBits = sizeof(void*) * 8;

unsigned hash_power(std::uint64_t buckets) {
  return buckets == 0 ? 0 : static_cast<unsigned>(std::bit_width(buckets)) - 1;
}

}  // namespace

void write_stats(const EngineFigures& figures, HostRows host, const Settings& settings,
                 UnixSeconds wall_s, Output& out) {
  const BandCounters bands = figures.engine.sum_of_bands();
  const TierFigures& tier = figures.tier;
  const bool has_tier = tiers_exist() && tier.exists();
  PageWriter page(std::move(host), out);
#define ISOCACHE_ENGINE_COUNTER(name) page.row(#name, figures.engine.name);
#define ISOCACHE_BAND_COUNTER(name) page.row(#name, bands.name);
#define ISOCACHE_STORE_COUNTER(name, field, when) \
  if (when) page.row(#name, figures.store.field);
#define ISOCACHE_STAT(name, value, when) \
  if (when) page.row(#name, value);
#define ISOCACHE_HOST_STAT(name, otherwise) page.host_row(#name, otherwise);
#include "command/stats/general.def"
  page.end();
}

}  // namespace isocache
