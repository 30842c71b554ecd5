// The text of /metrics and /stats.json, without HTTP. The e2e tests run promtool over it.
#include "native/metrics/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "command/admin/host_registry.h"
#include "native/metrics/metrics.h"
#include "native/metrics/metrics_writer.h"
#include "session/session.h"

namespace isocache {
namespace {

constexpr UnixSeconds kNow = 1'800'000'000;
constexpr unsigned kThreads = 2;
constexpr int kSlabLines = 370;

Settings settings_of_64_mib() {
  Settings settings;
  settings.max_bytes = 64U << 20;
  return settings;
}

class PagesTest : public testing::Test {
 protected:
  void ask(std::string_view bytes) {
    Clock clock;
    clock.now_s = kNow;
    Session session(backend, clock, {});
    session.feed(bytes);
    while (session.wants_turn()) session.resume();
    backend.release(session.output());
  }
  std::string metrics() { return metrics_text(backend, figures, {kNow}); }
  nlohmann::json json() { return nlohmann::json::parse(stats_json(backend, {kNow})); }

  HostRegistry host;
  PageFigures figures;
  ShardedBackend backend{settings_of_64_mib(), kThreads, hash_key_of(42), false, &host};
};

// Reads samples by "name{labels}". Fails if a family is not complete, or a line is no sample.
std::map<std::string, std::string> samples_of(const std::string& text) {
  std::map<std::string, std::string> samples;
  std::set<std::string> families;
  std::string family;
  std::string type;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family << " is there twice";
      EXPECT_EQ(line.back(), '.') << line;
      EXPECT_TRUE(std::getline(lines, line));
      EXPECT_TRUE(line.starts_with("# TYPE " + family + " ")) << line;
      type = line.substr(line.rfind(' ') + 1);
      EXPECT_EQ(type == "counter", family.ends_with("_total")) << line;
      continue;
    }
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const bool part = type == "histogram" && (name == family + "_bucket" ||
                                              name == family + "_sum" || name == family + "_count");
    EXPECT_TRUE(name == family || part) << line << " in " << family;
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), line.substr(space + 1)).second) << line;
    EXPECT_EQ(line.substr(space + 1).find_first_not_of("0123456789."), std::string::npos) << line;
  }
  EXPECT_TRUE(text.ends_with('\n'));
  return samples;
}

TEST_F(PagesTest, TheFiguresAreWhatWasDone) {
  ask("set a 0 0 1\r\nx\r\nset b 0 0 1\r\ny\r\nget a b c\r\ncas a 0 0 1 99\r\nz\r\ndelete c\r\n"
      "incr c 1\r\ntouch a 0\r\nset n 0 0 1\r\n1\r\nincr n 1\r\nset l 0 0 500\r\n" +
      std::string(500, 'v') + "\r\n");
  const auto samples = samples_of(metrics());
  const auto value = [&](const std::string& name) {
    const auto found = samples.find(name);
    return found == samples.end() ? "absent" : found->second;
  };
  EXPECT_EQ(value("memcached_commands_total{command=\"get\",status=\"hit\"}"), "2");
  EXPECT_EQ(value("memcached_commands_total{command=\"get\",status=\"miss\"}"), "1");
  EXPECT_EQ(value("memcached_commands_total{command=\"cas\",status=\"badval\"}"), "1");
  EXPECT_EQ(value("memcached_commands_total{command=\"set\",status=\"hit\"}"), "4");
  EXPECT_EQ(value("memcached_commands_total{command=\"delete\",status=\"miss\"}"), "1");
  EXPECT_EQ(value("memcached_commands_total{command=\"incr\",status=\"hit\"}"), "1");
  EXPECT_EQ(value("memcached_commands_total{command=\"incr\",status=\"miss\"}"), "1");
  EXPECT_EQ(value("memcached_commands_total{command=\"touch\",status=\"hit\"}"), "1");
  EXPECT_EQ(value("memcached_current_items"), "4");
  EXPECT_EQ(value("memcached_limit_bytes"), "67108864");
  EXPECT_EQ(value("memcached_version{version=\"1.6.45\"}"), "1");
  EXPECT_EQ(value("isocache_tier_items{tier=\"ram\"}"), "4");
  EXPECT_EQ(value("isocache_band_items{up_to_bytes=\"64\"}"), "3");
  EXPECT_EQ(value("isocache_band_items{up_to_bytes=\"1024\"}"), "1");
  EXPECT_EQ(value("memcached_slab_current_items{slab=\"1\"}"), "3");
  EXPECT_EQ(value("memcached_slab_commands_total{slab=\"1\",command=\"get\",status=\"hit\"}"), "2");
  EXPECT_EQ(value("isocache_tier_items{tier=\"flash\"}"), "absent");
  unsigned items = 0;
  for (unsigned shard = 0; shard < backend.shard_count(); ++shard) {
    items += static_cast<unsigned>(
        std::stoul(value("isocache_shard_items{shard=\"" + std::to_string(shard) + "\"}")));
  }
  EXPECT_GT(backend.shard_count(), 1U);
  EXPECT_EQ(items, 4U);
}

TEST_F(PagesTest, SlabsCanBeLeftOut) {
  const std::string all = metrics();
  figures.slab_metrics = false;
  const std::string few = metrics();
  EXPECT_EQ(few.find("memcached_slab_"), std::string::npos);
  EXPECT_EQ(std::ranges::count(all, '\n') - std::ranges::count(few, '\n'), kSlabLines);
  EXPECT_NE(few.find("\nisocache_band_items{"), std::string::npos);
}

// The rows of isocache_prefix_gets_total: "name count, name count, ...".
std::string gets_of(const std::string& text) {
  std::string gets;
  for (const auto& [name, value] : samples_of(text)) {
    constexpr std::string_view kBegin = "isocache_prefix_gets_total{prefix=\"";
    if (!name.starts_with(kBegin)) continue;
    gets += name.substr(kBegin.size(), name.size() - kBegin.size() - 2) + " " + value + ", ";
  }
  return gets;
}

TEST_F(PagesTest, PrefixesHaveRowsUntilThereIsNoRoom) {
  EXPECT_EQ(metrics().find("isocache_prefix_"), std::string::npos);
  PrefixMetrics prefixes(backend, 2);
  figures.prefixes = &prefixes;
  EXPECT_EQ(gets_of(metrics()), "%other 0, ");
  ask("stats detail on\r\nget a:1 a:2 a:3\r\n");
  EXPECT_EQ(gets_of(metrics()), "%other 0, a 3, ");
  // The busier one gets the last row; the others never have one.
  ask("get b:1 c:1 c:2 d:1 nothing\r\n");
  EXPECT_EQ(gets_of(metrics()), "%other 2, a 3, c 2, ");
  ask("get b:1 b:2 b:3 b:4 b:5 b:6 b:7 b:8 c:3\r\n");
  EXPECT_EQ(gets_of(metrics()), "%other 10, a 3, c 3, ");
  ask("set b:1 0 0 1\r\nx\r\nset c:1 0 0 1\r\nx\r\nget c:1 a:1\r\ndelete a:1\r\ndelete d:1\r\n");
  const auto samples = samples_of(metrics());
  const auto value = [&](const std::string& family, const std::string& prefix) {
    return samples.at("isocache_prefix_" + family + "_total{prefix=\"" + prefix + "\"}");
  };
  EXPECT_EQ(value("get_hits", "c"), "1");
  EXPECT_EQ(value("get_hits", "a"), "0");
  EXPECT_EQ(value("sets", "c"), "1");
  EXPECT_EQ(value("sets", "%other"), "1");
  EXPECT_EQ(value("deletes", "a"), "1");
  EXPECT_EQ(value("deletes", "%other"), "1");
}

TEST_F(PagesTest, AResetGivesTheRowsAway) {
  PrefixMetrics prefixes(backend, 2);
  figures.prefixes = &prefixes;
  ask("stats detail on\r\nget a:1 b:1 c:1 c:2\r\n");
  EXPECT_EQ(gets_of(metrics()), "%other 1, a 1, c 2, ");
  ask("stats reset\r\nget b:1 d:1\r\n");
  EXPECT_EQ(gets_of(metrics()), "%other 0, b 1, d 1, ");
}

// Whatever a prefix holds, its label is text, and no prefix takes the row of the others.
TEST_F(PagesTest, ThePrefixesOfAnyKeyAreLabels) {
  PrefixMetrics prefixes(backend, 10);
  figures.prefixes = &prefixes;
  ask("stats detail on\r\nget %other:1 \xff\"\\:1 other:1 :1\r\n");
  EXPECT_EQ(gets_of(metrics()), " 1, %25other 1, %FF\\\"\\\\ 1, %other 0, other 1, ");
  const std::string longest(limits::kMaxKeyBytes - 1, '\x80');
  ask("get " + longest + ":\r\n");
  EXPECT_NE(metrics().find("%80\"} 1\n"), std::string::npos);
}

// More prefixes than the engines have room for: nothing is lost, and no row changes its owner.
TEST_F(PagesTest, PrefixesWithoutEnd) {
  PrefixMetrics prefixes(backend, 3);
  figures.prefixes = &prefixes;
  ask("stats detail on\r\n");
  const std::size_t all = (backend.shard_count() + 1) * limits::kMaxPrefixes;
  for (std::size_t i = 0; i < all; ++i) ask("get p" + std::to_string(i) + ":\r\n");
  const std::string before = gets_of(metrics());
  EXPECT_EQ(std::ranges::count(before, ','), 4);
  EXPECT_NE(before.find("%other " + std::to_string(all - 3) + ", "), std::string::npos) << before;
  ask("get late: late: late:\r\n");
  EXPECT_NE(gets_of(metrics()).find("%other " + std::to_string(all) + ", "), std::string::npos);
}

TEST_F(PagesTest, TheHostsFigures) {
  host.gauge("uptime", [] { return 7U; });
  host.gauge(
      "rusage_user", [] { return 1'500'000U; }, 6);
  host.gauge(
      "rusage_system", [] { return 3U; }, 6);
  host.counter("bytes_read", [] { return 18446744073709551615U; });
  host.counter("auth_cmds", [] { return 5U; });
  host.counter("auth_errors", [] { return 2U; });
  host.gauge("accepting_conns", [] { return 0U; });
  host.counter("rejected_connections", [] { return 3U; });
  host.hide("rejected_connections");  // hidden in `stats`, but not here
  const auto samples = samples_of(metrics());
  EXPECT_EQ(samples.at("memcached_uptime_seconds"), "7");
  EXPECT_EQ(samples.at("memcached_time_seconds"), "1800000000");
  EXPECT_EQ(samples.at("memcached_process_user_cpu_seconds_total"), "1.5");
  EXPECT_EQ(samples.at("memcached_process_system_cpu_seconds_total"), "0.000003");
  EXPECT_EQ(samples.at("memcached_read_bytes_total"), "18446744073709551615");
  EXPECT_EQ(samples.at("memcached_accepting_connections"), "0");
  EXPECT_EQ(samples.at("memcached_connections_rejected_total"), "3");
  EXPECT_FALSE(samples.contains("isocache_tls_handshake_errors_total"));
  EXPECT_EQ(samples.at("isocache_logins_total{result=\"accepted\"}"), "3");
  EXPECT_EQ(samples.at("isocache_logins_total{result=\"refused\"}"), "2");
}

TEST_F(PagesTest, TheHistogramsOfATransportAreAddedUp) {
  LatencyHistogram one;
  LatencyHistogram other;
  LatencyHistogram websocket;
  one.record(1'000);            // 1 us
  one.record(3'000);            // in the bucket up to 4 us
  other.record(1'000);          // 1 us
  other.record(1'000'000'000);  // 1 s
  other.record(100'000'000'000);
  websocket.record(2'000);
  figures.memcached_turns = [&](const HistogramVisitor& visit) {
    visit(one);
    visit(other);
  };
  figures.websocket_turns = [&](const HistogramVisitor& visit) { visit(websocket); };
  const auto samples = samples_of(metrics());
  const std::string family = "isocache_turn_duration_seconds";
  const std::string memcached = "transport=\"memcached\"";
  const std::string over_http = "transport=\"websocket\"";
  const auto bucket = [&](const std::string& transport, const std::string& le) {
    return samples.at(family + "_bucket{" + transport + ",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket(memcached, "0.000001"), "2");
  EXPECT_EQ(bucket(memcached, "0.000002"), "2");
  EXPECT_EQ(bucket(memcached, "0.000004"), "3");
  EXPECT_EQ(bucket(memcached, "0.524288"), "3");
  EXPECT_EQ(bucket(memcached, "1.048576"), "4");
  EXPECT_EQ(bucket(memcached, "4.194304"), "4");
  EXPECT_EQ(bucket(memcached, "+Inf"), "5");
  EXPECT_EQ(samples.at(family + "_count{" + memcached + "}"), "5");
  EXPECT_EQ(samples.at(family + "_sum{" + memcached + "}"), "101.000005");
  EXPECT_EQ(bucket(over_http, "0.000001"), "0");
  EXPECT_EQ(bucket(over_http, "0.000002"), "1");
  EXPECT_EQ(samples.at(family + "_count{" + over_http + "}"), "1");
  EXPECT_EQ(samples.at(family + "_sum{" + over_http + "}"), "0.000002");
}

TEST_F(PagesTest, ReadsOfTheFlashTierHaveNoLabel) {
  EXPECT_EQ(metrics().find("isocache_flash_read_duration_seconds"), std::string::npos);
  LatencyHistogram reads;
  reads.record(90'000);  // in the bucket up to 128 us
  reads.record(700'000);
  figures.flash_reads = [&](const HistogramVisitor& visit) { visit(reads); };
  const auto samples = samples_of(metrics());
  const std::string family = "isocache_flash_read_duration_seconds";
  EXPECT_EQ(samples.at(family + "_bucket{le=\"0.000064\"}"), "0");
  EXPECT_EQ(samples.at(family + "_bucket{le=\"0.000128\"}"), "1");
  EXPECT_EQ(samples.at(family + "_bucket{le=\"+Inf\"}"), "2");
  EXPECT_EQ(samples.at(family + "_count"), "2");
  EXPECT_EQ(samples.at(family + "_sum"), "0.00079");
}

// What the log did not take counts what is too large as well: each item has one reason.
TEST(Pages, LossesOfTheFlashTierHaveAReason) {
  const std::string family = "isocache_flash_dropped_total";
  ServerFigures server;
  const auto text = [&] {
    MetricsWriter out;
    write_own_metrics(server, {}, out);
    return out.take();
  };
  EXPECT_EQ(text().find(family), std::string::npos);
  server.sum.tier.limit_bytes = 1U << 30;
  server.sum.tier.index_room = 321;
  server.sum.tier.not_admitted = 11;
  server.sum.tier.not_appended = 25;
  server.sum.tier.too_large = 3;
  server.sum.tier.entries_replaced = 7;
  const auto samples = samples_of(text());
  EXPECT_EQ(samples.at(family + "{reason=\"not_admitted\"}"), "11");
  EXPECT_EQ(samples.at(family + "{reason=\"no_buffer\"}"), "22");
  EXPECT_EQ(samples.at(family + "{reason=\"too_large\"}"), "3");
  EXPECT_EQ(samples.at(family + "{reason=\"index_full\"}"), "7");
  EXPECT_EQ(samples.at("isocache_flash_index_room"), "321");
}

// What the store lends to the tier is not spare.
TEST(Pages, SegmentsOfTheFlashTierAreItsOwn) {
  ServerFigures server;
  server.sum.tier.limit_bytes = 1U << 30;
  server.sum.memory.segment_bytes = 10 * limits::kSegmentBytes;
  server.sum.memory.index_bytes = 2 * limits::kSegmentBytes;
  server.sum.memory.lent_bytes = 5 * limits::kSegmentBytes;
  MetricsWriter out;
  write_own_metrics(server, {}, out);
  const auto samples = samples_of(out.take());
  EXPECT_EQ(samples.at("isocache_segments{state=\"tier\"}"), "5");
  EXPECT_EQ(samples.at("isocache_segments{state=\"spare\"}"), "3");
}

// Counters of general.def that the metrics leave out.
constexpr std::string_view kNotInMetrics[] = {
    "cmd_set",                         // shown without the cas
    "cmd_touch",       "cmd_meta",     // the exporter has no name for them
    "get_expired",     "get_flushed",  // likewise
    "out_of_memory",   "too_large",    // not in `stats` either
    "evicted_nonzero",                 // by class alone
};

TEST(Pages, EachCounterIsInTheMetrics) {
  ServerFigures server;
  std::map<std::string_view, std::uint64_t> counters;
  std::uint64_t next = 1'000'000;
  const auto number = [&](std::string_view name) { return counters[name] = next++; };
  EngineFigures& sum = server.sum;
#define ISOCACHE_ENGINE_COUNTER(name) sum.engine.name = number(#name);
#define ISOCACHE_BAND_COUNTER(name) sum.engine.bands[0].name = number(#name);
#define ISOCACHE_STORE_COUNTER(name, field, when) sum.store.field = number(#name);
#define ISOCACHE_UNSHOWN_STORE_COUNTER(field) sum.store.field = number(#field);
#include "command/stats/general.def"
  MetricsWriter out;
  write_memcached_metrics(server, kNow, out);
  write_own_metrics(server, {}, out);
  const std::string text = out.take();
  for (const auto& [name, value] : counters) {
    const bool shown = text.find(" " + std::to_string(value) + "\n") != std::string::npos;
    EXPECT_EQ(shown, std::ranges::find(kNotInMetrics, name) == std::end(kNotInMetrics)) << name;
  }
}

// When the cache becomes empty, no counter goes back and no sample vanishes.
TEST_F(PagesTest, CountersOnlyGrow) {
  ask("set a 0 0 1\r\nx\r\nget a\r\n");
  const auto before = samples_of(metrics());
  ask("flush_all\r\ndelete a\r\nget a\r\nget b\r\n");
  const auto after = samples_of(metrics());
  for (const auto& [name, value] : before) {
    ASSERT_TRUE(after.contains(name)) << name;
    if (name.substr(0, name.find('{')).ends_with("_total")) {
      EXPECT_LE(std::stod(value), std::stod(after.at(name))) << name;
    }
  }
  EXPECT_EQ(before.size(), after.size());
  EXPECT_EQ(after.at("memcached_commands_total{command=\"get\",status=\"miss\"}"), "2");
}

TEST(MetricsWriter, LabelsAreEscaped) {
  MetricsWriter out;
  out.gauge("x", "Help.");
  out.sample({{"a", "back\\slash \"quoted\"\nline"}, {"b", ""}}, 1);
  out.fixed({}, 1'234'500, 6);
  EXPECT_EQ(out.take(),
            "# HELP x Help.\n# TYPE x gauge\n"
            "x{a=\"back\\\\slash \\\"quoted\\\"\\nline\",b=\"\"} 1\nx 1.2345\n");
  EXPECT_EQ(decimal(0, 9), "0");
  EXPECT_EQ(decimal(100, 0), "100");
  EXPECT_EQ(decimal(1000, 3), "1");
}

TEST_F(PagesTest, JsonHasTheFamiliesWithNumbersAsNumbers) {
  host.counter("bytes_read", [] { return 18446744073709551615U; });
  host.gauge(
      "rusage_user", [] { return 1'500'000U; }, 6);
  ask("set a 0 0 1\r\nx\r\nget a\r\n");
  const nlohmann::json all = json();
  EXPECT_EQ(all.size(), 4U);
  const nlohmann::json& general = all.at("general");
  EXPECT_TRUE(general.at("curr_items").is_number_unsigned());
  EXPECT_EQ(general.at("curr_items"), 1);
  EXPECT_EQ(general.at("bytes_read").get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_EQ(general.at("rusage_user"), 1.5);
  EXPECT_EQ(general.at("version"), "1.6.45");
  EXPECT_EQ(all.at("settings").at("maxbytes"), 67108864);
  EXPECT_EQ(all.at("settings").at("growth_factor"), 1.25);
  EXPECT_EQ(all.at("settings").at("umask"), "700");
  EXPECT_EQ(all.at("settings").at("evictions"), "on");
  EXPECT_EQ(all.at("items").at("1").at("number"), 1);
  EXPECT_EQ(all.at("slabs").at("1").at("get_hits"), 1);
  EXPECT_EQ(all.at("slabs").at("active_slabs"), 1);
}

TEST_F(PagesTest, JsonIsUtf8WhateverTheSettingsHold) {
  host.setting("inter", "bad \xff\"byte\n");
  host.setting("domain_socket", "123");
  const nlohmann::json settings = json().at("settings");
  EXPECT_EQ(settings.at("inter"), "bad \xef\xbf\xbd\"byte\n");
  EXPECT_EQ(settings.at("domain_socket"), "123");
}

}  // namespace
}  // namespace isocache
