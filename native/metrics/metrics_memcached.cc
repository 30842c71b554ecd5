// memcached's exporter reads `stats` and gives each key a name. Here the figures get the same names
// directly. The types are the exporter's with one exception: the format's own rules forbid counters
// without "_total", so those are gauges here. No query asks for a type.

#include <algorithm>

#include "native/metrics/host_row_name.h"
#include "native/metrics/metrics.h"

namespace isocache {
namespace {

void write_process(const ServerFigures& server, UnixSeconds wall_s, MetricsWriter& out) {
  const HostRows& host = server.host_stats;
  out.gauge("memcached_up", "1: the server answers.", 1);
  out.gauge("memcached_uptime_seconds", "Since the server was started.",
            HostRowName("uptime").of(host));
  out.gauge("memcached_time_seconds", "The server's clock, Unix time.", wall_s);
  out.gauge("memcached_version", "The memcached version whose protocol is spoken.");
  out.sample({{"version", kProtocolVersion}}, 1);
  out.counter("memcached_process_user_cpu_seconds_total", "CPU time in user mode.");
  out.fixed({}, HostRowName("rusage_user").of(host), 6);
  out.counter("memcached_process_system_cpu_seconds_total", "CPU time in the kernel.");
  out.fixed({}, HostRowName("rusage_system").of(host), 6);
}

// A family that shows one of the host's rows of `stats`: a counter if its name ends with "_total",
// else a gauge.
struct HostFamily {
  std::string_view name;
  std::string_view help;
  HostRowName row;
};

constexpr HostFamily kConnectionFamilies[] = {
    {"memcached_read_bytes_total", "Received from clients.", "bytes_read"},
    {"memcached_written_bytes_total", "Sent to clients.", "bytes_written"},
    {"memcached_current_connections", "Open connections.", "curr_connections"},
    {"memcached_max_connections", "The limit on connections (-c).", "max_connections"},
    {"memcached_connections_total", "Connections accepted.", "total_connections"},
    {"memcached_connections_rejected_total", "Connections refused at the limit.",
     "rejected_connections"},
    {"memcached_connections_yielded_total",
     "Turns that ended with requests left (-R), so that others got theirs.", "conn_yields"},
    {"memcached_connections_listener_disabled_total",
     "Times that accepting was paused at the limit.", "listen_disabled_num"},
    {"memcached_accepting_connections", "1: new connections are accepted.", "accepting_conns"},
};

void write_connections(const HostRows& host, MetricsWriter& out) {
  for (const HostFamily& family : kConnectionFamilies) {
    const std::uint64_t value = family.row.of(host);
    if (family.name.ends_with("_total")) {
      out.counter(family.name, family.help, value);
    } else {
      out.gauge(family.name, family.help, value);
    }
  }
}

void write_commands(const EngineCounters& engine, MetricsWriter& out) {
  const BandCounters hits = engine.sum_of_bands();
  const auto add = [&](std::string_view command, std::string_view status, std::uint64_t value) {
    out.sample({{"command", command}, {"status", status}}, value);
  };
  out.counter("memcached_commands_total", "Requests by command and outcome.");
  add("get", "hit", hits.get_hits);
  add("get", "miss", engine.get_misses);
  add("delete", "hit", hits.delete_hits);
  add("delete", "miss", engine.delete_misses);
  add("incr", "hit", hits.incr_hits);
  add("incr", "miss", engine.incr_misses);
  add("decr", "hit", hits.decr_hits);
  add("decr", "miss", engine.decr_misses);
  add("cas", "hit", hits.cas_hits);
  add("cas", "miss", engine.cas_misses);
  add("cas", "badval", hits.cas_badval);
  add("touch", "hit", hits.touch_hits);
  add("touch", "miss", engine.touch_misses);
  add("flush", "hit", engine.cmd_flush);
  // cmd_set counts cas too.
  const std::uint64_t cas = hits.cas_hits + hits.cas_badval + engine.cas_misses;
  add("set", "hit", hits.cmd_set - std::min(cas, hits.cmd_set));
}

void write_items(const ServerFigures& server, MetricsWriter& out) {
  const EngineFigures& sum = server.sum;
  const StoreCounters& store = sum.store;
  out.gauge("memcached_current_bytes", "Bytes of live items, headers included.",
            sum.memory.item_bytes);
  out.gauge("memcached_limit_bytes", "The memory limit (-m), which covers everything.",
            server.settings.max_bytes);
  out.gauge("memcached_malloced_bytes", "Memory in segments.", sum.memory.segment_bytes);
  out.gauge("memcached_current_items", "Items stored.", sum.all_items());
  out.counter("memcached_items_total", "Items ever stored.", store.total_items);
  out.counter("memcached_items_evicted_total", "Live items dropped for room.", store.evictions);
  out.counter("memcached_items_reclaimed_total",
              "Expired items found when room was needed, replaced, or at a queue's end.",
              store.reclaimed);
  out.counter("memcached_item_too_large_total", "Values refused as larger than -I.",
              sum.engine.store_too_large);
  out.counter("memcached_item_no_memory_total", "Values refused for lack of memory.",
              sum.engine.store_no_memory);
  out.counter("memcached_direct_reclaims_total", "Always 0: eviction is no thread's own.", 0);
}

// Figures that `stats settings` shows for tools. This server does not use them.
void write_lru_settings(const Settings& settings, MetricsWriter& out) {
  const auto factor = [&](std::string_view name, std::string_view help, unsigned percent) {
    out.gauge(name, help);
    out.fixed({}, percent, 2);
  };
  out.gauge("memcached_lru_crawler_enabled", "1: shown as on in the settings.",
            settings.lru_crawler ? 1 : 0);
  out.gauge("memcached_lru_crawler_sleep", "As set, microseconds; without effect.",
            settings.lru_crawler_sleep_us);
  out.gauge("memcached_lru_crawler_to_crawl", "As set; without effect.",
            settings.lru_crawler_tocrawl);
  out.gauge("memcached_lru_crawler_maintainer_thread", "Always 1: there is a background step.", 1);
  out.gauge("memcached_lru_crawler_hot_percent", "As set; without effect.",
            settings.hot_lru_percent);
  out.gauge("memcached_lru_crawler_warm_percent", "As set; without effect.",
            settings.warm_lru_percent);
  factor("memcached_lru_crawler_hot_max_factor", "As set; without effect.",
         settings.hot_max_factor_percent);
  factor("memcached_lru_crawler_warm_max_factor", "As set; without effect.",
         settings.warm_max_factor_percent);
}

// The crawler's names for the work of the background step.
void write_background(const StoreCounters& store, MetricsWriter& out) {
  out.counter("memcached_lru_crawler_starts_total", "Always 0: it does not start and stop.", 0);
  out.counter("memcached_lru_crawler_reclaimed_total",
              "Other expired items found in the background.", store.crawler_reclaimed);
  out.counter("memcached_lru_crawler_items_checked_total", "Items looked at in the background.",
              store.crawler_items_checked);
  out.counter("memcached_lru_crawler_moves_to_cold_total", "Always 0.", 0);
  out.counter("memcached_lru_crawler_moves_to_warm_total",
              "Items copied from the small queue to the main queue.", store.promoted);
  out.counter("memcached_lru_crawler_moves_within_lru_total",
              "Items copied on inside the main queue.", store.kept);
}

struct TierFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t TierFigures::*figure;
};

constexpr TierFamily kTierFamilies[] = {
    {"memcached_extstore_compact_rescued_total", "Items written again when a region was cleaned.",
     &TierFigures::records_kept},
    {"memcached_extstore_compact_skipped_total", "Items dropped when a region was cleaned.",
     &TierFigures::records_dropped},
    {"memcached_extstore_pages_allocated_total", "Regions opened.", &TierFigures::regions_opened},
    {"memcached_extstore_pages_evicted_total", "Regions cleaned.", &TierFigures::regions_cleaned},
    {"memcached_extstore_pages_reclaimed_total", "Regions cleaned.", &TierFigures::regions_cleaned},
    {"memcached_extstore_pages_free", "Regions that hold nothing.", &TierFigures::regions_free},
    {"memcached_extstore_objects_evicted_total", "Items dropped when a region was cleaned.",
     &TierFigures::records_dropped},
    {"memcached_extstore_objects_read_total", "Items read from the tier.",
     &TierFigures::records_read},
    {"memcached_extstore_objects_written_total", "Items written to the tier.",
     &TierFigures::records_written},
    {"memcached_extstore_objects_used", "Items on the tier.", &TierFigures::records},
    {"memcached_extstore_bytes_evicted_total", "Bytes of items dropped for room.",
     &TierFigures::bytes_dropped},
    {"memcached_extstore_bytes_written_total", "Bytes written to the device.",
     &TierFigures::bytes_written},
    {"memcached_extstore_bytes_read_total", "Bytes of items read from the tier.",
     &TierFigures::bytes_read},
    {"memcached_extstore_bytes_used", "Bytes of items on the tier, about.",
     &TierFigures::record_bytes},
    {"memcached_extstore_bytes_limit", "Size of the device.", &TierFigures::limit_bytes},
    {"memcached_extstore_io_queue_depth", "Reads in flight, or that wait.",
     &TierFigures::reads_in_flight},
};

// As in the exporter, only if there is a tier.
void write_extstore(const TierFigures& tier, MetricsWriter& out) {
  if (!tier.exists()) return;
  for (const TierFamily& family : kTierFamilies) {
    if (family.name.ends_with("_total")) {
      out.counter(family.name, family.help, tier.*family.figure);
    } else {
      out.gauge(family.name, family.help, tier.*family.figure);
    }
  }
  out.counter("memcached_extstore_compact_lost_total", "Always 0.", 0);
  out.gauge("memcached_extstore_pages_used", "Regions that hold something.", tier.regions_used());
  out.gauge("memcached_extstore_bytes_fragmented", "Bytes in used regions that hold no live item.",
            tier.fragmented_bytes());
}

}  // namespace

void write_memcached_metrics(const ServerFigures& server, UnixSeconds wall_s, MetricsWriter& out) {
  write_process(server, wall_s, out);
  write_connections(server.host_stats, out);
  write_commands(server.sum.engine, out);
  write_items(server, out);
  write_lru_settings(server.settings, out);
  write_background(server.sum.store, out);
  write_extstore(server.sum.tier, out);
}

}  // namespace isocache
