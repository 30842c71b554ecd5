// `stats`: memcached's keys in its order; what we have no equivalent for is 0.

#include <bit>

#include "command/stats.h"

namespace isocache {
namespace {

void write_process(const HostStats& host, const Settings& settings, UnixSeconds wall_s,
                   StatsWriter& stats) {
  stats.add("pid", host.pid);
  stats.add("uptime", host.uptime_s);
  stats.add("time", wall_s);
  stats.add("version", kProtocolVersion);
  stats.add("libevent", host.event_library);
  stats.add("pointer_size", sizeof(void*) * 8);
  stats.fixed("rusage_user", host.rusage_user_us, 6);
  stats.fixed("rusage_system", host.rusage_system_us, 6);
  stats.add("max_connections", settings.max_connections);
  stats.add("curr_connections", host.current_connections);
  stats.add("total_connections", host.total_connections);
  if (settings.max_connections_fast) stats.add("rejected_connections", host.rejected_connections);
  stats.add("connection_structures", host.connection_structures);
  stats.add("response_obj_oom", 0U);
  stats.add("response_obj_count", host.current_connections);
  stats.add("response_obj_bytes", 0U);
  stats.add("read_buf_count", host.read_buffers);
  stats.add("read_buf_bytes", host.read_buffer_bytes);
  stats.add("read_buf_bytes_free", 0U);
  stats.add("read_buf_oom", 0U);
  stats.add("reserved_fds", host.reserved_fds);
}

void write_commands(const EngineCounters& engine, const HostStats& host, const Settings& settings,
                    StatsWriter& stats) {
  const BandCounters sum = engine.sum_of_bands();
  stats.add("cmd_get", engine.cmd_get());
  stats.add("cmd_set", sum.cmd_set);
  stats.add("cmd_flush", engine.cmd_flush);
  stats.add("cmd_touch", engine.cmd_touch);
  stats.add("cmd_meta", engine.cmd_meta);
  stats.add("get_hits", sum.get_hits);
  stats.add("get_misses", engine.get_misses);
  stats.add("get_expired", engine.get_expired);
  stats.add("get_flushed", engine.get_flushed);
  stats.add("delete_misses", engine.delete_misses);
  stats.add("delete_hits", sum.delete_hits);
  stats.add("incr_misses", engine.incr_misses);
  stats.add("incr_hits", sum.incr_hits);
  stats.add("decr_misses", engine.decr_misses);
  stats.add("decr_hits", sum.decr_hits);
  stats.add("cas_misses", engine.cas_misses);
  stats.add("cas_hits", sum.cas_hits);
  stats.add("cas_badval", sum.cas_badval);
  stats.add("touch_hits", sum.touch_hits);
  stats.add("touch_misses", engine.touch_misses);
  stats.add("store_too_large", engine.store_too_large);
  stats.add("store_no_memory", engine.store_no_memory);
  stats.add("auth_cmds", host.auth_cmds);
  stats.add("auth_errors", host.auth_errors);
  if (settings.idle_timeout_s != 0) stats.add("idle_kicks", host.idle_kicks);
  stats.add("bytes_read", host.bytes_read);
  stats.add("bytes_written", host.bytes_written);
}

void write_server(const EngineFigures& figures, const HostStats& host, const Settings& settings,
                  StatsWriter& stats) {
  stats.add("limit_maxbytes", settings.max_bytes);
  stats.add("accepting_conns", host.accepting_connections ? 1U : 0U);
  stats.add("listen_disabled_num", host.listen_disabled_num);
  stats.add("time_in_listen_disabled_us", 0U);
  stats.add("threads", settings.threads);
  stats.add("conn_yields", host.conn_yields);
  const std::uint64_t buckets = figures.index_buckets;
  stats.add("hash_power_level", buckets == 0 ? 0U : std::bit_width(buckets) - 1U);
  stats.add("hash_bytes", figures.memory.index_bytes);
  stats.add("hash_is_expanding", figures.index_growing ? 1U : 0U);
}

// There are no pages to move between classes. memcached shows what is switched on.
void write_slab_mover(const Settings& settings, StatsWriter& stats) {
  if (!settings.slab_reassign) return;
  stats.add("slab_reassign_rescues", 0U);
  stats.add("slab_reassign_chunk_rescues", 0U);
  stats.add("slab_reassign_inline_reclaim", 0U);
  stats.add("slab_reassign_busy_items", 0U);
  stats.add("slab_reassign_busy_deletes", 0U);
  stats.add("slab_reassign_busy_nomem", 0U);
  stats.add("slab_reassign_last_busy_status", "none");
  stats.add("slab_reassign_running", 0U);
  stats.add("slabs_moved", 0U);
}

void write_crawler(const Settings& settings, StatsWriter& stats) {
  if (settings.lru_crawler) {
    stats.add("lru_crawler_running", 0U);
    stats.add("lru_crawler_starts", 0U);
  }
  if (settings.lru_maintainer) stats.add("lru_maintainer_juggles", 0U);
}

// There is no log to watch.
void write_log(const HostStats& host, StatsWriter& stats) {
  stats.add("malloc_fails", host.malloc_fails);
  stats.add("log_worker_dropped", 0U);
  stats.add("log_worker_written", 0U);
  stats.add("log_watcher_skipped", 0U);
  stats.add("log_watcher_sent", 0U);
  stats.add("log_watchers", 0U);
}

void write_tls(const HostStats& host, const Settings& settings, StatsWriter& stats) {
  if (!settings.tls_enabled) return;
  if (settings.tls_session_cache) stats.add("ssl_new_sessions", host.tls_new_sessions);
  stats.add("ssl_handshake_errors", host.tls_handshake_errors);
  stats.add("ssl_proto_errors", host.tls_protocol_errors);
  stats.add("time_since_server_cert_refresh", host.tls_loaded_ago_s);
}

// We leave it to the kernel and the main thread to spread connections.
void write_network_cards(StatsWriter& stats) {
  stats.add("unexpected_napi_ids", 0U);
  stats.add("round_robin_fallback", 0U);
}

void write_items(const EngineFigures& figures, const Settings& settings, StatsWriter& stats) {
  const StoreCounters& store = figures.store;
  stats.add("bytes", figures.memory.item_bytes);
  stats.add("curr_items", figures.items);
  stats.add("total_items", store.total_items);
  stats.add("slab_global_page_pool", 0U);
  stats.add("expired_unfetched", store.expired_unfetched);
  stats.add("evicted_unfetched", store.evicted_unfetched);
  if (settings.lru_maintainer) stats.add("evicted_active", store.evicted_active);
  stats.add("evictions", store.evictions);
  stats.add("reclaimed", store.reclaimed);
  stats.add("crawler_reclaimed", store.crawler_reclaimed);
  stats.add("crawler_items_checked", store.crawler_items_checked);
  stats.add("lrutail_reflocked", 0U);
  if (!settings.lru_maintainer) return;
  stats.add("moves_to_cold", 0U);
  stats.add("moves_to_warm", store.promoted);
  stats.add("moves_within_lru", store.kept);
  stats.add("direct_reclaims", 0U);
  stats.add("lru_bumps_dropped", 0U);
}

// Ours, after memcached's.
void write_own(const EngineFigures& figures, const HostStats& host, StatsWriter& stats) {
  stats.add("isocache_version", kIsocacheVersion);
  stats.add("isocache_shards", figures.shards);
  stats.add("isocache_segment_bytes", figures.memory.segment_bytes);
  stats.add("isocache_dead_bytes", figures.memory.dead_bytes);
  stats.add("isocache_ghost_bytes", figures.memory.ghost_bytes);
  stats.add("isocache_ghost_hits", figures.store.ghost_hits);
  stats.add("isocache_compacted_segments", figures.store.compacted_segments);
  stats.add("isocache_in_place_updates", figures.store.in_place_updates);
  stats.add("isocache_slow_readers_closed", host.slow_readers_closed);
  stats.add("isocache_stalled_uploads_closed", host.stalled_uploads_closed);
}

}  // namespace

void write_stats(const EngineFigures& figures, const HostStats& host, const Settings& settings,
                 UnixSeconds wall_s, Output& out) {
  StatsWriter stats(out);
  write_process(host, settings, wall_s, stats);
  write_commands(figures.engine, host, settings, stats);
  write_server(figures, host, settings, stats);
  write_slab_mover(settings, stats);
  write_crawler(settings, stats);
  write_log(host, stats);
  write_tls(host, settings, stats);
  write_network_cards(stats);
  write_items(figures, settings, stats);
  write_own(figures, host, stats);
  stats.end();
}

}  // namespace isocache
