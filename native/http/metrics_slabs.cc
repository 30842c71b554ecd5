// memcached_slab_*: our size bands in memcached's slab classes, with the ids of `stats items`. All
// bands, empty ones too, so that no counter vanishes. What bands have no equivalent of is left out.

#include <algorithm>
#include <string>

#include "native/http/metrics.h"

namespace isocache {
namespace {

template <typename Value>
void sample_each_band(MetricsWriter& out, Value&& value) {
  for (unsigned band = 0; band < kBands; ++band) {
    out.sample({{"slab", std::to_string(band + 1)}}, value(band));
  }
}

void write_band_items(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out) {
  out.gauge("memcached_slab_current_items", "Items of this size band.");
  sample_each_band(out, [&](unsigned band) { return figures.bands[band].items; });
  out.gauge("memcached_slab_mem_requested_bytes", "Bytes of this band's items.");
  sample_each_band(out, [&](unsigned band) { return figures.bands[band].item_bytes; });
  out.gauge("memcached_slab_items_age_seconds", "Age of the band's oldest segment.");
  sample_each_band(out, [&](unsigned band) -> std::uint64_t {
    const UnixSeconds oldest_s = figures.bands[band].oldest_s;
    return oldest_s == 0 || oldest_s > now_s ? 0 : now_s - oldest_s;
  });
  out.counter("memcached_slab_items_evicted_total", "Live items of this band dropped for room.");
  sample_each_band(out, [&](unsigned band) { return figures.bands[band].evicted; });
  out.gauge("memcached_slab_items_evicted_time_seconds",
            "How long the item evicted last had not been read.");
  sample_each_band(out, [&](unsigned band) { return figures.bands[band].evicted_age_s; });
  out.gauge("memcached_slab_current_pages", "Segments of this band.");
  sample_each_band(out, [&](unsigned band) { return figures.bands[band].segments; });
}

void write_band_commands(const EngineCounters& engine, MetricsWriter& out) {
  out.counter("memcached_slab_commands_total", "Requests by band, command and outcome.");
  for (unsigned band = 0; band < kBands; ++band) {
    const std::string id = std::to_string(band + 1);
    const BandCounters& counters = engine.bands[band];
    const auto add = [&](std::string_view command, std::string_view status, std::uint64_t value) {
      out.sample({{"slab", id}, {"command", command}, {"status", status}}, value);
    };
    add("get", "hit", counters.get_hits);
    add("delete", "hit", counters.delete_hits);
    add("incr", "hit", counters.incr_hits);
    add("decr", "hit", counters.decr_hits);
    add("cas", "hit", counters.cas_hits);
    add("cas", "badval", counters.cas_badval);
    add("touch", "hit", counters.touch_hits);
    const std::uint64_t cas = counters.cas_hits + counters.cas_badval;
    add("set", "hit", counters.cmd_set - std::min(cas, counters.cmd_set));
  }
  out.counter("memcached_slab_lru_hits_total", "Reads that found an item of this band.");
  for (unsigned band = 0; band < kBands; ++band) {
    out.sample({{"slab", std::to_string(band + 1)}, {"lru", "cold"}}, engine.bands[band].get_hits);
  }
}

}  // namespace

void write_slab_metrics(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out) {
  write_band_items(figures, now_s, out);
  write_band_commands(figures.engine, out);
}

}  // namespace isocache
