// The figures behind the `stats` family, and their wording: memcached 1.6.45's keys in its order
// (a tool that reads memcached's stats reads ours), then our own.
//
//   Engine, Store  -- one a shard -->  EngineFigures, added up by the host
//   host (sockets, process)       -->  HostStats
//   Settings
//
// Plain data in, text out; nothing here knows a lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "command/settings.h"
#include "protocol/output.h"
#include "store/store.h"

namespace isocache {

// What memcached counts by slab class, we count by size band; `stats` shows the sums.
struct BandCounters {
  std::uint64_t get_hits = 0;
  std::uint64_t cmd_set = 0;
  std::uint64_t delete_hits = 0;
  std::uint64_t incr_hits = 0;
  std::uint64_t decr_hits = 0;
  std::uint64_t cas_hits = 0;
  std::uint64_t cas_badval = 0;
  std::uint64_t touch_hits = 0;

  BandCounters& operator+=(const BandCounters& other);
};

// What one engine has done since the start or `stats reset`.
struct EngineCounters {
  std::array<BandCounters, kBands> bands = {};
  std::uint64_t cmd_touch = 0;  // touch, gat, gats
  std::uint64_t cmd_flush = 0;  // of shard 0 only: one command flushes all shards
  std::uint64_t cmd_meta = 0;
  std::uint64_t get_misses = 0;
  std::uint64_t get_expired = 0;
  std::uint64_t get_flushed = 0;
  std::uint64_t delete_misses = 0;
  std::uint64_t incr_misses = 0;
  std::uint64_t decr_misses = 0;
  std::uint64_t cas_misses = 0;
  std::uint64_t touch_misses = 0;
  std::uint64_t store_too_large = 0;
  std::uint64_t store_no_memory = 0;

  EngineCounters& operator+=(const EngineCounters& other);
  BandCounters sum_of_bands() const;
  std::uint64_t cmd_get() const { return sum_of_bands().get_hits + get_misses; }
};

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

  void add(const EngineFigures& other);
};

// What was counted since `less` was.
void subtract(StoreCounters& from, const StoreCounters& less);

// Our bands in the terms of memcached's classes: an item size, how many such a segment holds, and
// the age of the oldest.
constexpr std::uint64_t band_item_bytes(unsigned band) { return std::uint64_t{64} << 2 * band; }
constexpr std::uint64_t band_items_per_segment(unsigned band) {
  const std::uint64_t whole = limits::kSegmentBytes / band_item_bytes(band);
  return whole == 0 ? 1 : whole;
}
UnixSeconds band_age_s(const BandStats& band, UnixSeconds now_s);

// What only the host knows. An embedder without sockets leaves most of it at 0.
struct HostStats {
  std::uint64_t pid = 0;
  std::uint64_t uptime_s = 0;
  std::string_view event_library = "none";  // memcached's key is "libevent"
  std::uint64_t rusage_user_us = 0;
  std::uint64_t rusage_system_us = 0;
  std::uint64_t current_connections = 0;
  std::uint64_t total_connections = 0;
  std::uint64_t rejected_connections = 0;
  std::uint64_t connection_structures = 0;
  std::uint64_t reserved_fds = 0;
  std::uint64_t read_buffers = 0;  // buffers in use, and their bytes
  std::uint64_t read_buffer_bytes = 0;
  std::uint64_t auth_cmds = 0;
  std::uint64_t auth_errors = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t listen_disabled_num = 0;
  std::uint64_t conn_yields = 0;  // turns that ended with requests left
  std::uint64_t idle_kicks = 0;   // connections closed for idle_timeout
  // Connections closed because others waited for the memory that they held: in replies that they
  // did not read, in values that did not arrive.
  std::uint64_t slow_readers_closed = 0;
  std::uint64_t stalled_uploads_closed = 0;
  std::uint64_t malloc_fails = 0;  // connections closed because the host had no memory for them
  std::uint64_t tls_new_sessions = 0;
  std::uint64_t tls_handshake_errors = 0;
  std::uint64_t tls_protocol_errors = 0;  // after the handshake
  std::uint64_t tls_loaded_ago_s = 0;     // since the certificates were read
  bool accepting_connections = true;
};

// Appends "STAT <key> <value>\r\n" lines. The host uses it for `stats conns` too.
class StatsWriter {
 public:
  explicit StatsWriter(Output& out) : out_(out) {}

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value);
  // value / 10^digits, as memcached prints a float: fixed("x", 125, 2) is "x 1.25".
  void fixed(std::string_view key, std::uint64_t value, unsigned digits);
  // Keys of the form "items:3:age".
  void add(std::string_view family, unsigned id, std::string_view key, std::uint64_t value);
  void end();  // "END\r\n"

 private:
  Output& out_;
};

// Each writes all lines of one sub-command, END included.
void write_stats(const EngineFigures& figures, const HostStats& host, const Settings& settings,
                 UnixSeconds wall_s, Output& out);
void write_stats_settings(const Settings& settings, Output& out);
void write_stats_items(const EngineFigures& figures, UnixSeconds now_s, Output& out);
void write_stats_slabs(const EngineFigures& figures, Output& out);

}  // namespace isocache
