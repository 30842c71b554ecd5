// memcached_slab_*: our size bands as memcached's slab classes, with the ids of `stats items` and
// `stats slabs`. If bands have no equivalent of a figure, it is 0 there, and so it is 0 here. All
// bands are written, empty ones too, so that no counter vanishes.

#include <algorithm>
#include <array>
#include <string>

#include "native/metrics/metrics.h"

namespace isocache {
namespace {

struct Band {
  unsigned number;
  const BandStats& items;
  const BandCounters& commands;
  const BandEvents& events;
  UnixSeconds now_s;
};

// A counter if its name ends with "_total", else a gauge; see metrics_memcached.cc.
struct Family {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*value)(const Band&);
};

std::uint64_t always_0(const Band&) { return 0; }

constexpr std::string_view kNoQueues = "Always 0: bands have no such queue.";

constexpr std::array kItemFamilies = {
    Family{"memcached_slab_current_items", "Items of this size band.",
           [](const Band& band) { return band.items.items; }},
    Family{"memcached_slab_hot_items", kNoQueues, always_0},
    Family{"memcached_slab_warm_items", kNoQueues, always_0},
    Family{"memcached_slab_cold_items", "Items of this size band.",
           [](const Band& band) { return band.items.items; }},
    Family{"memcached_slab_items_age_seconds", "Age of the band's oldest segment.",
           [](const Band& band) { return std::uint64_t{band_age_s(band.items, band.now_s)}; }},
    Family{"memcached_slab_hot_age_seconds", kNoQueues, always_0},
    Family{"memcached_slab_warm_age_seconds", kNoQueues, always_0},
    Family{"memcached_slab_mem_requested_bytes", "Bytes of this band's items.",
           [](const Band& band) { return band.items.item_bytes; }},
};

constexpr std::array kEvictionFamilies = {
    Family{"memcached_slab_items_evicted_total", "Live items of this band dropped for room.",
           [](const Band& band) { return band.events.evictions; }},
    Family{"memcached_slab_items_evicted_time_seconds",
           "How long the item evicted last had not been read.",
           [](const Band& band) { return std::uint64_t{band.items.evicted_age_s}; }},
    Family{"memcached_slab_items_evicted_nonzero_total", "Of these, items that had an exptime.",
           [](const Band& band) { return band.events.evicted_nonzero; }},
    Family{"memcached_slab_items_evicted_unfetched_total", "Of these, items that nobody had read.",
           [](const Band& band) { return band.events.evicted_unfetched; }},
    Family{"memcached_slab_items_expired_unfetched_total", "Expired items that nobody had read.",
           [](const Band& band) { return band.events.expired_unfetched; }},
    Family{"memcached_slab_items_reclaimed_total",
           "Expired items found when room was needed, replaced, or at a queue's end.",
           [](const Band& band) { return band.events.reclaimed; }},
    Family{"memcached_slab_items_crawler_reclaimed_total",
           "Other expired items found in the background.",
           [](const Band& band) { return band.events.crawler_reclaimed; }},
    Family{"memcached_slab_items_outofmemory_total", "Items refused because there was no memory.",
           [](const Band& band) { return band.events.out_of_memory; }},
    Family{"memcached_slab_items_tailrepairs_total", "Always 0: nothing needs it.", always_0},
    Family{"memcached_slab_items_moves_to_cold", kNoQueues, always_0},
    Family{"memcached_slab_items_moves_to_warm",
           "Items moved from the small queue to the main queue.",
           [](const Band& band) { return band.events.promoted; }},
    Family{"memcached_slab_items_moves_within_lru", "Items moved on inside the main queue.",
           [](const Band& band) { return band.events.kept; }},
};

constexpr std::array kChunkFamilies = {
    Family{"memcached_slab_chunk_size_bytes", "The largest items of this band; of the last: more.",
           [](const Band& band) { return band_item_bytes(band.number); }},
    Family{"memcached_slab_chunks_per_page", "How many such items a segment holds.",
           [](const Band& band) { return band_items_per_segment(band.number); }},
    Family{"memcached_slab_current_pages", "Segments of this band.",
           [](const Band& band) { return band.items.segments; }},
    Family{
        "memcached_slab_current_chunks", "How many such items the band's segments hold.",
        [](const Band& band) { return band.items.segments * band_items_per_segment(band.number); }},
    Family{"memcached_slab_chunks_used", "Items of this size band.",
           [](const Band& band) { return band.items.items; }},
    Family{"memcached_slab_chunks_free", "Always 0: there are no chunks.", always_0},
    Family{"memcached_slab_chunks_free_end", "Always 0: there are no chunks.", always_0},
};

template <typename Write>
void for_each_band(const EngineFigures& figures, UnixSeconds now_s, Write&& write) {
  for (unsigned number = 0; number < kBands; ++number) {
    const Band band{number, figures.bands[number], figures.engine.bands[number],
                    figures.store.bands[number], now_s};
    write(std::to_string(number + 1), band);
  }
}

void write_commands(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out) {
  out.counter("memcached_slab_commands_total", "Requests by band, command and outcome.");
  for_each_band(figures, now_s, [&](const std::string& id, const Band& band) {
    const BandCounters& commands = band.commands;
    const auto add = [&](std::string_view command, std::string_view status, std::uint64_t value) {
      out.sample({{"slab", id}, {"command", command}, {"status", status}}, value);
    };
    add("get", "hit", commands.get_hits);
    add("delete", "hit", commands.delete_hits);
    add("incr", "hit", commands.incr_hits);
    add("decr", "hit", commands.decr_hits);
    add("cas", "hit", commands.cas_hits);
    add("cas", "badval", commands.cas_badval);
    add("touch", "hit", commands.touch_hits);
    const std::uint64_t cas = commands.cas_hits + commands.cas_badval;
    add("set", "hit", commands.cmd_set - std::min(cas, commands.cmd_set));
  });
}

void write_lru_hits(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out) {
  out.counter("memcached_slab_lru_hits_total",
              "Reads that found an item of this band, all as cold: there are no such queues.");
  for_each_band(figures, now_s, [&](const std::string& id, const Band& band) {
    for (const std::string_view lru : {"hot", "warm", "cold", "temporary"}) {
      out.sample({{"slab", id}, {"lru", lru}}, lru == "cold" ? band.commands.get_hits : 0);
    }
  });
}

}  // namespace

void write_slab_metrics(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out) {
  const auto write = [&](const Family& family) {
    if (family.name.ends_with("_total")) {
      out.counter(family.name, family.help);
    } else {
      out.gauge(family.name, family.help);
    }
    for_each_band(figures, now_s, [&](const std::string& id, const Band& band) {
      out.sample({{"slab", id}}, family.value(band));
    });
  };
  for (const Family& family : kItemFamilies) write(family);
  for (const Family& family : kEvictionFamilies) write(family);
  for (const Family& family : kChunkFamilies) write(family);
  write_commands(figures, now_s, out);
  write_lru_hits(figures, now_s, out);
}

}  // namespace isocache
