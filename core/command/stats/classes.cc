// `stats items` and `stats slabs`: our size bands, shown as memcached's classes with ids from 1.

#include "command/stats/pages.h"
#include "command/stats/writer.h"

namespace isocache {
namespace {

void write_item_class(const EngineFigures& figures, unsigned band, UnixSeconds now_s,
                      StatsWriter& stats) {
  const BandStats& items = figures.bands[band];
  const BandEvents& events = figures.store.bands[band];
  const auto add = [&](std::string_view key, std::uint64_t value) {
    stats.add("items", band + 1, key, value);
  };
  add("number", items.items);
  add("number_hot", 0);
  add("number_warm", 0);
  add("number_cold", items.items);
  add("age_hot", 0);
  add("age_warm", 0);
  add("age", band_age_s(items, now_s));
  add("mem_requested", items.item_bytes);
  add("evicted", events.evictions);
  add("evicted_nonzero", events.evicted_nonzero);
  add("evicted_time", items.evicted_age_s);
  add("outofmemory", events.out_of_memory);
  add("tailrepairs", 0);
  add("reclaimed", events.reclaimed);
  add("expired_unfetched", events.expired_unfetched);
  add("evicted_unfetched", events.evicted_unfetched);
  add("evicted_active", events.evicted_active);
  add("crawler_reclaimed", events.crawler_reclaimed);
  add("crawler_items_checked", events.crawler_items_checked);
  add("lrutail_reflocked", 0);
  add("moves_to_cold", 0);
  add("moves_to_warm", events.promoted);
  add("moves_within_lru", events.kept);
  for (const std::string_view key : {"direct_reclaims", "hits_to_hot", "hits_to_warm"}) add(key, 0);
  add("hits_to_cold", figures.engine.bands[band].get_hits);
  add("hits_to_temp", 0);
}

void write_slab_class(const EngineFigures& figures, unsigned band, StatsWriter& stats) {
  const BandStats& items = figures.bands[band];
  const BandCounters& commands = figures.engine.bands[band];
  const auto add = [&](std::string_view key, std::uint64_t value) {
    stats.add("", band + 1, key, value);
  };
  add("chunk_size", band_item_bytes(band));
  add("chunks_per_page", band_items_per_segment(band));
  add("total_pages", items.segments);
  add("total_chunks", items.segments * band_items_per_segment(band));
  add("used_chunks", items.items);
  add("free_chunks", 0);
  add("free_chunks_end", 0);
  add("get_hits", commands.get_hits);
  add("cmd_set", commands.cmd_set);
  add("delete_hits", commands.delete_hits);
  add("incr_hits", commands.incr_hits);
  add("decr_hits", commands.decr_hits);
  add("cas_hits", commands.cas_hits);
  add("cas_badval", commands.cas_badval);
  add("touch_hits", commands.touch_hits);
}

}  // namespace

void write_stats_items(const EngineFigures& figures, UnixSeconds now_s, Output& out) {
  StatsWriter stats(out);
  for (unsigned band = 0; band < kBands; ++band) {
    if (figures.bands[band].items != 0) write_item_class(figures, band, now_s, stats);
  }
  stats.end();
}

void write_stats_slabs(const EngineFigures& figures, Output& out) {
  StatsWriter stats(out);
  unsigned active = 0;
  for (unsigned band = 0; band < kBands; ++band) {
    if (figures.bands[band].segments == 0) continue;
    ++active;
    write_slab_class(figures, band, stats);
  }
  stats.add("active_slabs", active);
  stats.add("total_malloced", figures.memory.segment_bytes);
  stats.end();
}

}  // namespace isocache
