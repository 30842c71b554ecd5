// `stats settings`: memcached's keys in its order.

#include "command/stats.h"

namespace isocache {
namespace {

constexpr std::string_view on_off(bool on) { return on ? "on" : "off"; }
constexpr std::string_view yes_no(bool yes) { return yes ? "yes" : "no"; }

std::string_view text_or(const std::string& text, std::string_view none) {
  return text.empty() ? none : std::string_view(text);
}

// As memcached prints the access mask: octal, without a leading zero.
void add_octal(StatsWriter& stats, std::string_view key, unsigned value) {
  char digits[12];
  char* const end = digits + sizeof digits;
  char* to = end;
  do {
    *--to = static_cast<char>('0' + (value & 7U));
    value >>= 3U;
  } while (value != 0);
  stats.add(key, std::string_view(to, static_cast<std::size_t>(end - to)));
}

void write_server(const Settings& settings, StatsWriter& stats) {
  stats.add("maxbytes", settings.max_bytes);
  stats.add("maxconns", settings.max_connections);
  stats.add("tcpport", settings.tcp_port);
  stats.add("udpport", 0U);
  stats.add("inter", text_or(settings.interface, "NULL"));
  stats.add("verbosity", settings.verbosity);
  stats.add("oldest", 0U);
  stats.add("evictions", on_off(settings.evictions));
  stats.add("domain_socket", text_or(settings.unix_socket, "NULL"));
  add_octal(stats, "umask", settings.unix_socket_mode);
  stats.add("shutdown_command", yes_no(settings.shutdown_enabled));
  stats.fixed("growth_factor", settings.growth_factor_percent, 2);
  stats.add("chunk_size", settings.chunk_bytes);
  stats.add("num_threads", settings.threads);
  stats.add("num_threads_per_udp", settings.threads);
  stats.add("stat_key_prefix", std::string_view(&settings.prefix_delimiter, 1));
  stats.add("detail_enabled", yes_no(settings.detail_enabled));
  stats.add("reqs_per_event", settings.requests_per_turn);
  stats.add("cas_enabled", yes_no(settings.cas_enabled));
  stats.add("tcp_backlog", settings.tcp_backlog);
  stats.add("binding_protocol", "auto-negotiate");
  stats.add("auth_enabled_sasl", "no");
  stats.add("auth_enabled_ascii",
            settings.auth_file.empty() ? "no" : std::string_view(settings.auth_file));
  stats.add("item_size_max", settings.max_item_bytes);
  stats.add("maxconns_fast", yes_no(settings.max_connections_fast));
}

void write_memory(const Settings& settings, StatsWriter& stats) {
  stats.add("hashpower_init", settings.hash_power_init);
  stats.add("slab_reassign", yes_no(settings.slab_reassign));
  stats.add("slab_automove", settings.slab_automove);
  stats.fixed("slab_automove_ratio", settings.slab_automove_ratio_percent, 2);
  stats.add("slab_automove_window", settings.slab_automove_window);
  stats.add("slab_chunk_max", limits::kSegmentBytes);
  stats.add("lru_crawler", yes_no(settings.lru_crawler));
  stats.add("lru_crawler_sleep", settings.lru_crawler_sleep_us);
  stats.add("lru_crawler_tocrawl", settings.lru_crawler_tocrawl);
  stats.add("tail_repair_time", 0U);
  stats.add("flush_enabled", yes_no(settings.flush_enabled));
  stats.add("dump_enabled", yes_no(settings.dump_enabled));
  stats.add("hash_algorithm", "siphash13");
  stats.add("lru_maintainer_thread", yes_no(settings.lru_maintainer));
  stats.add("lru_segmented", yes_no(settings.lru_segmented));
  stats.add("hot_lru_pct", settings.hot_lru_percent);
  stats.add("warm_lru_pct", settings.warm_lru_percent);
  stats.fixed("hot_max_factor", settings.hot_max_factor_percent, 2);
  stats.fixed("warm_max_factor", settings.warm_max_factor_percent, 2);
  stats.add("temp_lru", yes_no(settings.temp_lru));
  stats.add("temporary_ttl", settings.temporary_ttl_s);
  stats.add("idle_timeout", settings.idle_timeout_s);
  stats.add("watcher_logbuf_size", settings.watcher_logbuf_bytes);
  stats.add("worker_logbuf_size", settings.worker_logbuf_bytes);
  stats.add("read_buf_mem_limit", settings.read_buffer_limit_bytes);
  stats.add("track_sizes", "no");
  stats.add("inline_ascii_response", "no");
  stats.add("drop_privileges", yes_no(settings.drop_privileges));
}

void write_tier(const Settings& settings, StatsWriter& stats) {
  stats.add("ext_item_size", settings.ext_item_size);
  stats.add("ext_item_age", settings.ext_item_age);
  stats.add("ext_low_ttl", settings.ext_low_ttl);
  stats.add("ext_recache_rate", settings.ext_recache_rate);
  stats.add("ext_wbuf_size", settings.ext_wbuf_bytes);
  stats.add("ext_compact_under", settings.ext_compact_under);
  stats.add("ext_drop_under", settings.ext_drop_under);
  stats.add("ext_max_sleep", settings.ext_max_sleep_us);
  stats.fixed("ext_max_frag", settings.ext_max_frag_percent, 2);
  stats.fixed("slab_automove_freeratio", settings.slab_automove_freeratio_permille, 3);
  stats.add("ext_drop_unread", yes_no(settings.ext_drop_unread));
}

// A reply is encrypted in records of 16 KB, as with memcached's default; the kernel's TLS is not
// used.
void write_tls(const Settings& settings, StatsWriter& stats) {
  constexpr unsigned kRecordBytes = 16384;
  stats.add("ssl_enabled", "yes");
  stats.add("ssl_chain_cert", text_or(settings.tls_chain_cert, "NULL"));
  stats.add("ssl_key", text_or(settings.tls_key, "NULL"));
  stats.add("ssl_verify_mode", settings.tls_verify_bits);
  stats.add("ssl_keyformat", settings.tls_key_format);
  stats.add("ssl_ciphers", text_or(settings.tls_ciphers, "NULL"));
  stats.add("ssl_ca_cert", text_or(settings.tls_ca_cert, "NULL"));
  stats.add("ssl_wbuf_size", kRecordBytes);
  stats.add("ssl_session_cache", yes_no(settings.tls_session_cache));
  stats.add("ssl_kernel_tls", "no");
  stats.add("ssl_min_version", settings.tls_min_version);
}

}  // namespace

void write_stats_settings(const Settings& settings, Output& out) {
  StatsWriter stats(out);
  write_server(settings, stats);
  write_memory(settings, stats);
  write_tier(settings, stats);
  if (settings.tls_enabled) write_tls(settings, stats);
  stats.add("num_napi_ids", 0U);
  stats.add("memory_file", text_or(settings.memory_file, "(null)"));
  stats.add("client_flags_size", sizeof(ItemHeader::client_flags));
  stats.end();
}

}  // namespace isocache
