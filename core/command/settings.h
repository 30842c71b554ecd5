// Settings that a user can change, as plain data: the switches that change how commands behave, and
// memcached's settings that are kept for tools. The host fills them in before it makes engines.
// Afterwards only administrative commands (admin/admin.h) change them, under the host's lock.
// Settings of sockets, threads and files belong to the host, which registers them for `stats
// settings` (admin/host.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace isocache {

// The version of memcached whose protocol and answers this follows. Clients parse it.
inline constexpr std::string_view kProtocolVersion = "1.6.45";
// Our own, shown by `stats` as isocache_version.
inline constexpr std::string_view kIsocacheVersion = "0.1.0";

struct Settings {
  // --- switches that change behaviour -----------------------------------------------------
  bool cas_enabled = true;        // -C clears it: items carry no cas, it reads as 0
  bool flush_enabled = true;      // -F clears it: flush_all is refused
  bool watch_enabled = true;      // -W clears it: watch is refused
  bool dump_enabled = true;       // -X clears it: metadump, mgdump, cachedump, stats detail refused
  bool shutdown_enabled = false;  // -A
  bool evictions = true;          // -M clears it: a full store answers an error
  bool detail_enabled = false;    // -D, stats detail on: counts by prefix
  char prefix_delimiter = ':';    // -D
  unsigned verbosity = 0;         // -v
  std::size_t max_bytes = limits::kDefaultMemoryBytes;              // -m, all shards together
  std::size_t max_item_bytes = limits::kDefaultMaxItemBytes;        // -I
  std::size_t requests_per_turn = limits::kDefaultRequestsPerTurn;  // -R

  // --- accepted and shown for tools; the engine does not use them
  unsigned growth_factor_percent = 125;  // -f
  unsigned chunk_bytes = 48;             // -n
  unsigned hash_power_init = 0;          // -o hashpower
  bool slab_reassign = true;
  unsigned slab_automove = 1;
  unsigned slab_automove_ratio_percent = 80;
  unsigned slab_automove_window = 10;
  unsigned slab_automove_freeratio_permille = 10;
  bool lru_crawler = true;
  unsigned lru_crawler_sleep_us = 100;
  unsigned lru_crawler_tocrawl = 0;
  bool lru_maintainer = true;
  bool lru_segmented = true;
  unsigned hot_lru_percent = 20;
  unsigned warm_lru_percent = 40;
  unsigned hot_max_factor_percent = 20;
  unsigned warm_max_factor_percent = 200;
  bool temp_lru = false;
  unsigned temporary_ttl_s = 61;

  // --- the flash tier, under memcached's extstore names -------------------------------------
  unsigned ext_item_size = 512;
  unsigned ext_item_age = 4294967295U;
  unsigned ext_low_ttl = 0;
  unsigned ext_recache_rate = 2000;
  unsigned ext_wbuf_bytes = 4194304;
  unsigned ext_compact_under = 0;
  unsigned ext_drop_under = 0;
  unsigned ext_max_sleep_us = 1000000;
  unsigned ext_max_frag_percent = 80;
  bool ext_drop_unread = false;
  unsigned ext_write_unread = 5;  // percent; memcached has no such setting
};

}  // namespace isocache
