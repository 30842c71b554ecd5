// Administrative commands against a host with two shards, as a server has.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "command/admin.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

class TwoShards : public AdminTarget {
 public:
  Settings& settings() override { return settings_; }
  EngineFigures figures() override {
    EngineFigures sum = shards[0].backend.figures();
    sum.add(shards[1].backend.figures());
    return sum;
  }
  HostStats host_stats(UnixSeconds /*now_s*/) override {
    HostStats host;
    host.pid = 42;
    host.rusage_user_us = 7525;
    return host;
  }
  bool write_connections(int* after, StatsWriter& stats) override {
    if (*after >= last_descriptor) return false;
    *after = *after < 27 ? 27 : *after + 1;
    stats.add(std::to_string(*after) + ":state", "conn_read");
    return true;
  }
  void reset_counters() override {
    for (TestCore& shard : shards) shard.backend.reset_counters();
  }
  void count_prefixes(bool on) override {
    for (TestCore& shard : shards) shard.backend.count_prefixes(on);
  }
  void add_prefixes(PrefixSlice& slice) override {
    for (TestCore& shard : shards) shard.backend.add_prefixes(slice);
  }
  void flush_at(UnixSeconds at_s, UnixSeconds now_s) override {
    for (TestCore& shard : shards) shard.backend.flush_at(at_s, now_s);
  }
  bool set_memory_limit(std::size_t bytes) override {
    memory_limit = bytes;
    return bytes != 13U << 20U;
  }
  unsigned shard_count() const override { return 2; }
  std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items, UnixSeconds now_s,
                     ItemVisitor& visitor) override {
    return shards[shard].backend.scan(0, cursor, max_items, now_s, visitor);
  }

  std::string ask(std::string_view line, AdminResult* result = nullptr) {
    Request request;
    request.begin_admin().line = line;
    Output out;
    AdminResult own = run_admin_command(request, *this, {TestCore::kStart}, out);
    while (own.stream && own.stream->produce(out, {TestCore::kStart})) ++slices;
    std::string reply;
    out.for_each_span([&](std::string_view span) { reply.append(span); });
    if (result != nullptr) *result = std::move(own);
    return reply;
  }

  TestCore shards[2];
  std::size_t memory_limit = 0;
  int slices = 0;
  int last_descriptor = 27;

 private:
  Settings settings_;
};

TEST(Admin, DumpsEveryShardInSlices) {
  TwoShards host;
  std::set<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string key = "key" + std::to_string(i);
    host.shards[i % 2].ask("set " + key + " 0 0 1\r\nx\r\n");
    expected.insert("mg " + key + "\r");
  }
  host.shards[0].ask("ms YQBi 1 b\r\nx\r\n");
  expected.insert("mg YQBi b\r");
  const std::string dump = host.ask("lru_crawler mgdump all");
  std::set<std::string> lines;
  for (std::size_t at = 0, end = 0; (end = dump.find('\n', at)) != std::string::npos;
       at = end + 1) {
    lines.insert(dump.substr(at, end - at));
  }
  expected.insert("OK\r");
  expected.insert("EN\r");
  EXPECT_EQ(lines, expected);
  EXPECT_GT(host.slices, 4);
}

TEST(Admin, ListsConnectionsInSlices) {
  TwoShards host;
  host.last_descriptor = 29;
  EXPECT_EQ(
      host.ask("stats conns"),
      "STAT 27:state conn_read\r\nSTAT 28:state conn_read\r\nSTAT 29:state conn_read\r\nEND\r\n");
  EXPECT_EQ(host.slices, 3);
}

TEST(Admin, MetadumpTellsWhatItPromises) {
  TwoShards host;
  host.shards[1].ask("set a/b 5 100 3\r\nabc\r\n");
  const std::string at = std::to_string(TestCore::kStart);
  EXPECT_EQ(host.ask("lru_crawler metadump hash"),
            "OK\r\nkey=a%2Fb exp=" + std::to_string(TestCore::kStart + 100) + " la=" + at +
                " cas=" + std::to_string(kFirstCas) + " fetch=no cls=1 size=69 flags=5 \nEND\r\n");
}

TEST(Admin, CachedumpShowsOneClassUpToAMaximum) {
  TwoShards host;
  for (const char* key : {"a", "b", "c"}) {
    host.shards[0].ask(std::string("set ") + key + " 0 0 2\r\nxx\r\n");
  }
  host.shards[0].ask("set big 0 0 5000\r\n" + std::string(5000, 'x') + "\r\n");
  EXPECT_EQ(host.ask("stats cachedump 1 1").find("ITEM "), 0U);
  const std::string two = host.ask("stats cachedump 1 2");
  EXPECT_NE(two.find(" [2 b; 0 s]\r\n"), std::string::npos);
  EXPECT_EQ(two.size(), 2 * std::string("ITEM a [2 b; 0 s]\r\n").size() + 5);
  EXPECT_EQ(host.ask("stats cachedump 1 0").find("big"), std::string::npos);
  EXPECT_EQ(host.ask("stats cachedump 64 1"), "CLIENT_ERROR Illegal slab id\r\n");
}

TEST(Admin, SwitchesRefuseInMemcachedsWords) {
  TwoShards host;
  host.settings().dump_enabled = false;
  host.settings().flush_enabled = false;
  EXPECT_EQ(host.ask("lru_crawler metadump all"), "ERROR metadump not allowed\r\n");
  EXPECT_EQ(host.ask("stats cachedump 1 1"), "CLIENT_ERROR stats cachedump not allowed\r\n");
  EXPECT_EQ(host.ask("stats detail on"), "CLIENT_ERROR stats detail not allowed\r\n");
  EXPECT_EQ(host.ask("flush_all"), "CLIENT_ERROR flush_all not allowed\r\n");
  EXPECT_EQ(host.ask("shutdown"), "SERVER_ERROR: shutdown not enabled\r\n");
}

TEST(Admin, FlushesAllShardsAndCountsItOnce) {
  TwoShards host;
  for (TestCore& shard : host.shards) shard.ask("set a 0 0 1\r\nx\r\n");
  EXPECT_EQ(host.ask("flush_all"), "OK\r\n");
  for (TestCore& shard : host.shards) EXPECT_EQ(shard.ask("mg a\r\n"), "EN\r\n");
}

TEST(Admin, ShutdownAndQuitAreTheHostsToDo) {
  TwoShards host;
  host.settings().shutdown_enabled = true;
  AdminResult result;
  host.ask("shutdown", &result);
  EXPECT_EQ(result.next, AdminResult::Next::kShutdown);
  host.ask("shutdown graceful", &result);
  EXPECT_EQ(result.next, AdminResult::Next::kShutdownGraceful);
  EXPECT_EQ(host.ask("shutdown now", &result), "CLIENT_ERROR invalid shutdown mode\r\n");
  EXPECT_EQ(result.next, AdminResult::Next::kContinue);
  host.ask("quit", &result);
  EXPECT_EQ(result.next, AdminResult::Next::kClose);
}

TEST(Admin, MemoryLimit) {
  TwoShards host;
  EXPECT_EQ(host.ask("cache_memlimit 64"), "OK\r\n");
  EXPECT_EQ(host.memory_limit, 64U << 20U);
  EXPECT_EQ(host.settings().max_bytes, 64U << 20U);
  EXPECT_EQ(host.ask("cache_memlimit 13"),
            "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n");
  EXPECT_EQ(host.settings().max_bytes, 64U << 20U);
  EXPECT_EQ(host.ask("cache_memlimit 32 noreply"), "");
}

TEST(Admin, KnobsAreKeptAndShown) {
  TwoShards host;
  EXPECT_EQ(host.ask("lru tune 10 25 0.1 2.0"), "OK\r\n");
  EXPECT_EQ(host.ask("slabs automove freeratio 0.02"), "OK\r\n");
  EXPECT_EQ(host.ask("extstore max_frag 0.5"), "OK\r\n");
  EXPECT_EQ(host.ask("verbosity 5"), "OK\r\n");  // 2 is the most, as in memcached
  const std::string settings = host.ask("stats settings");
  for (const char* line :
       {"STAT hot_lru_pct 10\r\n", "STAT hot_max_factor 0.10\r\n", "STAT warm_max_factor 2.00\r\n",
        "STAT slab_automove_freeratio 0.020\r\n", "STAT ext_max_frag 0.50\r\n",
        "STAT verbosity 2\r\n"}) {
    EXPECT_NE(settings.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace isocache
