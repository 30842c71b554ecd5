// Administrative commands against a host with two shards, as a server has.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/two_shards.h"

namespace isocache {
namespace {

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

// As memcached 1.6.18: these accept noreply, which keeps even errors quiet.
TEST(Admin, KnobsMayBeQuiet) {
  TwoShards host;
  for (const char* line :
       {"extstore item_size 77 noreply", "extstore item_size noreply", "extstore noreply",
        "extstore x 5 noreply", "extstore free_memchunks 3 4 noreply",
        "extstore free_memchunks 3 noreply", "extstore item_age x noreply",
        "lru tune 11 25 0.1 2.0 noreply", "lru tune 99 1 1 1 noreply", "lru mode x noreply",
        "lru temp_ttl x noreply", "lru x noreply", "lru noreply", "slabs automove 2 noreply",
        "slabs automove 9 noreply", "slabs automove x noreply", "slabs automove window 9 noreply",
        "slabs automove ratio x noreply"}) {
    EXPECT_EQ(host.ask(line), "") << line;
  }
  const std::string settings = host.ask("stats settings");
  EXPECT_EQ(row_of(settings, "ext_item_size"), "77");
  EXPECT_EQ(row_of(settings, "hot_lru_pct"), "11");
  EXPECT_EQ(row_of(settings, "slab_automove"), "2");
  EXPECT_EQ(host.tiering.min_item_bytes, 77U);
  EXPECT_EQ(host.ask("slabs reassign 1 2 noreply"), "ERROR\r\n");
  EXPECT_EQ(host.ask("slabs x noreply"), "ERROR\r\n");
}

// As memcached 1.6.45: a name may be cut short, and then means the first one that begins with it.
TEST(Admin, ExtstoreNamesMayBeCutShort) {
  TwoShards host;
  const struct {
    const char* line;
    const char* setting;
    const char* value;
  } good[] = {{"extstore item_size 1", "ext_item_size", "1"},
              {"extstore item 2", "ext_item_size", "2"},
              {"extstore i 3 more words", "ext_item_size", "3"},
              {"extstore item_a 4", "ext_item_age", "4"},
              {"extstore l 5", "ext_low_ttl", "5"},
              {"extstore rec 6", "ext_recache_rate", "6"},
              {"extstore c 7", "ext_compact_under", "7"},
              {"extstore drop_un 8", "ext_drop_under", "8"},
              {"extstore m 9", "ext_max_sleep", "9"},
              {"extstore max_f 0.25", "ext_max_frag", "0.25"},
              {"extstore drop_unr 2", "ext_drop_unread", "yes"},
              {"extstore drop_unread 0", "ext_drop_unread", "no"},
              {"extstore free_memchunks 63 2", "ext_item_size", "3"}};
  for (const auto& one : good) {
    EXPECT_EQ(host.ask(one.line), "OK\r\n") << one.line;
    EXPECT_EQ(row_of(host.ask("stats settings"), one.setting), one.value) << one.line;
  }
  EXPECT_EQ(host.tiering.min_item_bytes, 3U);
  EXPECT_EQ(host.tiering.min_ttl_s, 5U);
  for (const char* bad :
       {"extstore", "extstore item_size", "extstore item_size x", "extstore item_size -1",
        "extstore item_sizes 1", "extstore x 1", "extstore free_memchunks 1",
        "extstore free_memchunks 64 1", "extstore free_memchunks 1 x", "extstore max_frag x",
        "extstore drop_unread x"}) {
    EXPECT_EQ(host.ask(bad), "ERROR\r\n") << bad;
  }
}

}  // namespace
}  // namespace isocache
