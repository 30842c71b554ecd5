// The stats family has memcached 1.6.45's keys in its order; ours follow.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "command/stats/writer.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

// clang-format off
constexpr const char* kGeneral[] = {
    "pid", "uptime", "time", "version", "libevent", "pointer_size", "rusage_user", "rusage_system",
    "max_connections", "curr_connections", "total_connections", "rejected_connections",
    "connection_structures", "response_obj_oom", "response_obj_count", "response_obj_bytes",
    "read_buf_count", "read_buf_bytes", "read_buf_bytes_free", "read_buf_oom", "reserved_fds",
    "cmd_get", "cmd_set", "cmd_flush", "cmd_touch", "cmd_meta", "get_hits", "get_misses",
    "get_expired", "get_flushed", "delete_misses", "delete_hits", "incr_misses", "incr_hits",
    "decr_misses", "decr_hits", "cas_misses", "cas_hits", "cas_badval", "touch_hits",
    "touch_misses", "store_too_large", "store_no_memory", "auth_cmds", "auth_errors", "bytes_read",
    "bytes_written", "limit_maxbytes", "accepting_conns", "listen_disabled_num",
    "time_in_listen_disabled_us", "threads", "conn_yields", "hash_power_level", "hash_bytes",
    "hash_is_expanding", "slab_reassign_rescues", "slab_reassign_chunk_rescues",
    "slab_reassign_inline_reclaim", "slab_reassign_busy_items", "slab_reassign_busy_deletes",
    "slab_reassign_busy_nomem", "slab_reassign_last_busy_status", "slab_reassign_running",
    "slabs_moved", "lru_crawler_running", "lru_crawler_starts", "lru_maintainer_juggles",
    "malloc_fails", "log_worker_dropped", "log_worker_written", "log_watcher_skipped",
    "log_watcher_sent", "log_watchers", "unexpected_napi_ids", "round_robin_fallback", "bytes",
    "curr_items", "total_items", "slab_global_page_pool", "expired_unfetched", "evicted_unfetched",
    "evicted_active", "evictions", "reclaimed", "crawler_reclaimed", "crawler_items_checked",
    "lrutail_reflocked", "moves_to_cold", "moves_to_warm", "moves_within_lru", "direct_reclaims",
    "lru_bumps_dropped",
};
constexpr const char* kSettings[] = {
    "maxbytes", "maxconns", "tcpport", "udpport", "inter", "verbosity", "oldest", "evictions",
    "domain_socket", "umask", "shutdown_command", "growth_factor", "chunk_size", "num_threads",
    "num_threads_per_udp", "stat_key_prefix", "detail_enabled", "reqs_per_event", "cas_enabled",
    "tcp_backlog", "binding_protocol", "auth_enabled_sasl", "auth_enabled_ascii", "item_size_max",
    "maxconns_fast", "hashpower_init", "slab_reassign", "slab_automove", "slab_automove_ratio",
    "slab_automove_window", "slab_chunk_max", "lru_crawler", "lru_crawler_sleep",
    "lru_crawler_tocrawl", "tail_repair_time", "flush_enabled", "dump_enabled", "hash_algorithm",
    "lru_maintainer_thread", "lru_segmented", "hot_lru_pct", "warm_lru_pct", "hot_max_factor",
    "warm_max_factor", "temp_lru", "temporary_ttl", "idle_timeout", "watcher_logbuf_size",
    "worker_logbuf_size", "read_buf_mem_limit", "track_sizes", "inline_ascii_response",
    "drop_privileges",
    "ext_item_size", "ext_item_age", "ext_low_ttl", "ext_recache_rate", "ext_wbuf_size",
    "ext_compact_under", "ext_drop_under", "ext_max_sleep", "ext_max_frag",
    "slab_automove_freeratio", "ext_drop_unread", "num_napi_ids", "memory_file",
    "client_flags_size",
};
constexpr const char* kItems[] = {
    "number", "number_hot", "number_warm", "number_cold", "age_hot", "age_warm", "age",
    "mem_requested", "evicted", "evicted_nonzero", "evicted_time", "outofmemory", "tailrepairs",
    "reclaimed", "expired_unfetched", "evicted_unfetched", "evicted_active", "crawler_reclaimed",
    "crawler_items_checked", "lrutail_reflocked", "moves_to_cold", "moves_to_warm",
    "moves_within_lru", "direct_reclaims", "hits_to_hot", "hits_to_warm", "hits_to_cold",
    "hits_to_temp",
};
constexpr const char* kSlabs[] = {
    "chunk_size", "chunks_per_page", "total_pages", "total_chunks", "used_chunks", "free_chunks",
    "free_chunks_end", "get_hits", "cmd_set", "delete_hits", "incr_hits", "decr_hits", "cas_hits",
    "cas_badval", "touch_hits",
};
// clang-format on

// The keys of a reply's STAT lines.
std::vector<std::string> keys_of(const std::string& reply) {
  std::vector<std::string> keys;
  for (std::size_t at = 0; reply.compare(at, 5, "STAT ") == 0; at = reply.find('\n', at) + 1) {
    keys.push_back(reply.substr(at + 5, reply.find(' ', at + 5) - at - 5));
  }
  return keys;
}

std::string value_of(const std::string& reply, const std::string& key) {
  const std::size_t at = reply.find("STAT " + key + " ");
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + 6 + key.size();
  return reply.substr(begin, reply.find('\r', begin) - begin);
}

template <std::size_t N>
void expect_begins_with(const std::vector<std::string>& keys, const char* const (&expected)[N],
                        const std::string& prefix = "") {
  ASSERT_GE(keys.size(), N);
  for (std::size_t i = 0; i < N; ++i) EXPECT_EQ(keys[i], prefix + expected[i]);
}

TEST(Stats, GeneralKeysAreMemcachedsInItsOrder) {
  TestCore core;
  const std::string reply = core.ask("stats\r\n");
  const std::vector<std::string> keys = keys_of(reply);
  expect_begins_with(keys, kGeneral);
  for (std::size_t i = std::size(kGeneral); i < keys.size(); ++i) {
    EXPECT_EQ(keys[i].rfind("isocache_", 0), 0U) << keys[i];
  }
  EXPECT_EQ(value_of(reply, "version"), "1.6.45");
  EXPECT_EQ(reply.substr(reply.size() - 5), "END\r\n");
}

TEST(Stats, SettingsKeysAreMemcachedsInItsOrder) {
  TestCore core;
  const std::vector<std::string> keys = keys_of(core.ask("stats settings\r\n"));
  expect_begins_with(keys, kSettings);
  EXPECT_EQ(keys.size(), std::size(kSettings));
}

TEST(Stats, BandsAreShownAsClasses) {
  TestCore core;
  core.ask("set a 0 0 1\r\nx\r\nget a\r\nset b 0 0 1000\r\n" + std::string(1000, 'x') + "\r\n");
  const std::vector<std::string> items = keys_of(core.ask("stats items\r\n"));
  expect_begins_with(items, kItems, "items:1:");
  EXPECT_EQ(items.size(), 2 * std::size(kItems));
  const std::string reply = core.ask("stats slabs\r\n");
  const std::vector<std::string> slabs = keys_of(reply);
  expect_begins_with(slabs, kSlabs, "1:");
  EXPECT_EQ(slabs.back(), "total_malloced");
  EXPECT_EQ(value_of(reply, "1:get_hits"), "1");
  EXPECT_EQ(value_of(reply, "active_slabs"), "2");
}

TEST(Stats, CountsWhatWasDone) {
  TestCore core;
  core.ask(
      "set n 0 0 1\r\n5\r\nincr n 1\r\ndecr n 1\r\ndecr x 1\r\nincr x 1\r\ntouch n 0\r\ntouch x "
      "0\r\n"
      "gat 0 n\r\ncas n 0 0 1 999\r\n5\r\ncas x 0 0 1 1\r\n5\r\nms n 1 MA C999\r\n5\r\nmg n\r\n"
      "mg x\r\ndelete n\r\ndelete n\r\n"
      "flush_all\r\n");
  const std::string reply = core.ask("stats\r\n");
  const struct {
    const char* key;
    const char* value;
  } expected[] = {{"cmd_get", "2"},      {"cmd_set", "4"},     {"cmd_touch", "3"},
                  {"cmd_meta", "3"},     {"cmd_flush", "1"},   {"get_hits", "1"},
                  {"get_misses", "1"},   {"incr_hits", "1"},   {"incr_misses", "1"},
                  {"decr_hits", "1"},    {"decr_misses", "1"}, {"touch_hits", "2"},
                  {"touch_misses", "1"}, {"cas_badval", "1"},  {"cas_misses", "1"},
                  {"cas_hits", "0"},     {"delete_hits", "1"}, {"delete_misses", "1"}};
  for (const auto& row : expected) EXPECT_EQ(value_of(reply, row.key), row.value) << row.key;
  EXPECT_EQ(core.ask("stats reset\r\n"), "RESET\r\n");
  EXPECT_EQ(value_of(core.ask("stats\r\n"), "cmd_get"), "0");
}

TEST(Stats, ResetTakesWhatTheStoreCountsToo) {
  StoreOptions options;
  options.memory_limit = 1U << 20U;
  TestCore core({}, {}, options);
  const auto fill = [&] {
    for (int i = 0; i < 2000; ++i) {
      core.ask("set " + std::to_string(i) + " 0 0 900 noreply\r\n" + std::string(900, 'x') +
               "\r\n");
    }
  };
  fill();
  EXPECT_GT(std::stoul(value_of(core.ask("stats\r\n"), "evictions")), 500U);
  EXPECT_GT(std::stoul(value_of(core.ask("stats items\r\n"), "items:3:evicted")), 500U);
  core.clock.now_s += 5;
  fill();
  core.ask("stats reset\r\n");
  const std::string reply = core.ask("stats\r\n");
  for (const char* key : {"evictions", "evicted_unfetched", "total_items", "reclaimed"}) {
    EXPECT_EQ(value_of(reply, key), "0") << key;
  }
  const std::string items = core.ask("stats items\r\n");
  EXPECT_EQ(value_of(items, "items:3:evicted"), "0");
  EXPECT_EQ(value_of(items, "items:3:evicted_time"), "0");
  fill();
  EXPECT_GT(std::stoul(value_of(core.ask("stats\r\n"), "evictions")), 500U);
  EXPECT_EQ(value_of(core.ask("stats\r\n"), "total_items"), "2000");
}

TEST(Stats, AnItemThatWasGoneIsReclaimedByTheNextOfItsKey) {
  TestCore core;
  const auto reclaimed = [&](const std::string& key) {
    return value_of(core.ask("stats\r\n"), key);
  };
  core.ask("set a 0 1 300\r\n" + std::string(300, 'x') + "\r\n");
  core.clock.now_s += 3;
  EXPECT_EQ(reclaimed("reclaimed"), "0");
  core.ask("set a 0 0 301\r\n" + std::string(301, 'x') + "\r\n");
  EXPECT_EQ(reclaimed("reclaimed"), "1");
  EXPECT_EQ(value_of(core.ask("stats items\r\n"), "items:3:reclaimed"), "1");
  core.ask("flush_all\r\n");
  core.ask("get a\r\n");  // finds it gone, and stores nothing
  EXPECT_EQ(reclaimed("reclaimed"), "1");
  for (const char* command : {"set b 0 0 1\r\nx\r\n", "ma c N0 J7\r\n", "mg d N0\r\n"}) {
    core.ask(command);
  }
  EXPECT_EQ(reclaimed("reclaimed"), "1");
  core.ask("flush_all\r\n");
  for (const char* command : {"add b 0 0 1\r\nx\r\n", "ma c N0 J7\r\n", "mg d N0\r\n"}) {
    core.ask(command);
  }
  EXPECT_EQ(reclaimed("reclaimed"), "4");
}

TEST(Stats, EachBandCountsWhatBecameOfItsItems) {
  StoreOptions options;
  options.memory_limit = 1U << 20U;
  TestCore core({}, {}, options);
  for (int i = 0; i < 2000; ++i) {
    core.ask("set " + std::to_string(i) + " 0 " + (i % 2 == 0 ? "600" : "0") + " 900 noreply\r\n" +
             std::string(900, 'x') + "\r\n");
    if (i % 10 == 0) core.ask("get " + std::to_string(i) + "\r\n");
  }
  core.ask("set small 0 0 1\r\nx\r\n");
  const std::string all = core.ask("stats\r\n");
  const std::string items = core.ask("stats items\r\n");
  const auto number = [&](const std::string& key) { return std::stoul(value_of(items, key)); };
  EXPECT_EQ(value_of(items, "items:3:evicted"), value_of(all, "evictions"));
  EXPECT_EQ(value_of(items, "items:3:evicted_unfetched"), value_of(all, "evicted_unfetched"));
  EXPECT_EQ(value_of(items, "items:3:moves_to_warm"), value_of(all, "moves_to_warm"));
  EXPECT_GT(number("items:3:moves_to_warm"), 0U);
  EXPECT_GT(number("items:3:evicted_nonzero"), 100U);
  EXPECT_LT(number("items:3:evicted_nonzero"), number("items:3:evicted"));
  EXPECT_EQ(value_of(items, "items:1:evicted"), "0");
}

TEST(StatsWriter, PrintsFixedPointAsMemcachedPrintsFloats) {
  Output out;
  StatsWriter stats(out);
  stats.fixed("a", 125, 2);
  stats.fixed("b", 5, 3);
  stats.fixed("c", 12007525, 6);
  std::string bytes;
  out.for_each_span([&](std::string_view span) { bytes.append(span); });
  EXPECT_EQ(bytes, "STAT a 1.25\r\nSTAT b 0.005\r\nSTAT c 12.007525\r\n");
}

}  // namespace
}  // namespace isocache
