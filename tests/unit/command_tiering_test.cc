// Items on the tier behave as if they had never left memory.
#include <gtest/gtest.h>

#include <string>

#include "support/random.h"
#include "unit/tiered_core.h"
#include "unit/two_shards.h"

namespace isocache {
namespace {

std::string key_of(std::uint32_t number) { return "key" + std::to_string(number); }

// So that each value can be told from all others.
std::string value_of(std::uint32_t number, std::size_t bytes) {
  std::string value = std::to_string(number) + ":";
  while (value.size() < bytes) value += static_cast<char>('a' + (number + value.size()) % 26);
  value.resize(bytes);
  return value;
}

std::string set(const std::string& key, const std::string& value) {
  return "set " + key + " 5 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

class TieringTest : public testing::TestWithParam<bool> {
 protected:
  TieringTest() { core_.device.set_delayed(GetParam()); }
  void fill(std::uint32_t count, std::size_t bytes) {
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(core_.ask(set(key_of(i), value_of(i, bytes))), "STORED\r\n");
      if (core_.device.pending() > 1) core_.device.complete_all();
    }
  }
  TieredCore core_{{}};
};

TEST_P(TieringTest, TenTimesTheItems) {
  constexpr std::uint32_t kItems = 30'000;
  constexpr std::size_t kBytes = 500;
  fill(kItems, kBytes);
  EXPECT_LT(core_.store.item_count(), kItems / 8);
  std::uint32_t hits = 0;
  for (std::uint32_t i = 0; i < kItems; ++i) {
    const std::string reply = core_.ask("mg " + key_of(i) + " v\r\n");
    if (reply == "EN\r\n") continue;
    ++hits;
    ASSERT_EQ(reply, "VA " + std::to_string(kBytes) + "\r\n" + value_of(i, kBytes) + "\r\n");
  }
  EXPECT_GT(hits, kItems * 98 / 100);
  EXPECT_STREQ(core_.store.broken_invariant(), nullptr);
}

TEST_P(TieringTest, APipelineOfColdGetsKeepsItsOrder) {
  fill(10'000, 400);
  std::string all;
  std::string expected;
  for (std::uint32_t i = 0; i < 100; ++i) {
    all += "mg " + key_of(i) + " k v\r\n";
    expected += "VA 400 k" + key_of(i) + "\r\n" + value_of(i, 400) + "\r\n";
  }
  EXPECT_EQ(core_.ask(all), expected);
}

TEST_P(TieringTest, StatsShowMemcachedsRowsOnlyWithATier) {
  fill(10'000, 400);
  EXPECT_NE(core_.ask("get key1\r\n"), "END\r\n");
  EXPECT_NE(core_.ask("get key1\r\n"), "END\r\n");
  const std::string page = core_.ask("stats\r\n");
  EXPECT_EQ(row_of(page, "get_extstore"), "2");
  EXPECT_EQ(row_of(page, "recache_from_extstore"), "1");
  EXPECT_EQ(row_of(page, "isocache_tier_answered"), "1");
  EXPECT_EQ(row_of(page, "extstore_objects_read"), "2");
  EXPECT_EQ(row_of(page, "extstore_limit_maxbytes"), std::to_string(64U << 20));
  EXPECT_EQ(row_of(page, "evictions"), "0");
  EXPECT_NEAR(std::stod(row_of(page, "curr_items")), 10'000, 10);
  EXPECT_EQ(core_.ask("stats reset\r\n"), "RESET\r\n");
  const std::string after = core_.ask("stats\r\n");
  EXPECT_EQ(row_of(after, "get_extstore"), "0");
  EXPECT_EQ(row_of(after, "extstore_objects_read"), "2");
  const std::string regions = core_.ask("stats extstore\r\n");
  EXPECT_EQ(row_of(regions, "0:version"), "1");
  EXPECT_EQ(row_of(regions, "31:version"), "0");
  EXPECT_EQ(row_of(regions, "32:version"), "(none)");
  EXPECT_GT(std::stoul(row_of(regions, "0:bytes")), 1U << 20);
  EXPECT_TRUE(regions.ends_with("STAT 31:free_bucket 0\r\nEND\r\n"));
  EXPECT_EQ(row_of(TestCore().ask("stats\r\n"), "get_extstore"), "(none)");
  EXPECT_EQ(TestCore().ask("stats extstore\r\n"), "END\r\n");
}

TEST_P(TieringTest, SmallAndShortLivedItemsStayOut) {
  EXPECT_EQ(core_.ask("extstore item_size 480\r\n"), "OK\r\n");  // 1 more than key9999 has
  fill(10'000, 413);
  const std::string page = core_.ask("stats\r\n");
  EXPECT_EQ(row_of(page, "extstore_objects_used"), "0");
  EXPECT_EQ(row_of(page, "evictions"), row_of(page, "isocache_tier_not_admitted"));
  EXPECT_EQ(core_.ask("extstore item_size 0\r\nextstore low_ttl 100\r\n"), "OK\r\nOK\r\n");
  for (int i = 0; i < 40'000; ++i) {
    core_.ask("set short" + std::to_string(i) + " 0 99 9 noreply\r\nlong gone\r\n");
    core_.ask("set long" + std::to_string(i) + " 0 100 4 noreply\r\nkept\r\n");
  }
  EXPECT_EQ(core_.ask("get short1\r\n"), "END\r\n");
  EXPECT_EQ(core_.ask("get long1\r\n"), "VALUE long1 0 4\r\nkept\r\nEND\r\n");
}

TEST_P(TieringTest, TheRateSaysWhichHitBringsAnItemBack) {
  fill(10'000, 400);
  const auto recached = [&](const std::string& rate, int gets) {
    EXPECT_EQ(core_.ask("extstore recache_rate " + rate + "\r\nstats reset\r\n"),
              "OK\r\nRESET\r\n");
    const std::string key = key_of(static_cast<std::uint32_t>(gets) + 1);
    for (int i = 0; i < gets; ++i) EXPECT_NE(core_.ask("get " + key + "\r\n"), "END\r\n");
    return row_of(core_.ask("stats\r\n"), "recache_from_extstore");
  };
  EXPECT_EQ(recached("0", 4), "0");
  EXPECT_EQ(recached("1", 1), "1");
  EXPECT_EQ(recached("2000", 2), "1");
}

// When its region is cleaned.
TEST_P(TieringTest, WhatWasHitThreeTimesIsWrittenAgain) {
  TieredCore core(TieredOptions{
      .device_bytes = 16U << 20, .region_bytes = 1U << 20, .recache_rate = 0, .write_unread = 100});
  core.device.set_delayed(GetParam());
  std::uint32_t next = 0;
  const auto store = [&](std::uint32_t count) {
    for (const std::uint32_t end = next + count; next < end; ++next) {
      ASSERT_EQ(core.ask(set(key_of(next), value_of(next, 1000))), "STORED\r\n");
      core.device.complete_all();
    }
  };
  // Of the first hundred, each tenth is hit `times` times.
  const auto hits = [&](std::uint32_t first, int times) {
    int found = 0;
    for (std::uint32_t i = first; i < 100; i += 10) {
      for (int n = 0; n < times; ++n) {
        found += core.ask("mg " + key_of(i) + "\r\n") == "HD\r\n" ? 1 : 0;
      }
    }
    return found;
  };
  store(10'000);
  for (int times = 1; times <= 3; ++times) {
    EXPECT_EQ(hits(static_cast<std::uint32_t>(times), times), 10 * times);
  }
  store(10'000);  // the log goes around
  EXPECT_EQ(core.tiering.figures().records_kept, 10U);
  EXPECT_EQ(hits(0, 1), 0);
  EXPECT_EQ(hits(1, 1), 0);
  EXPECT_EQ(hits(2, 1), 0);
  EXPECT_EQ(hits(3, 1), 10);
}

TEST_P(TieringTest, CountingByPrefixLeavesItemsWhereTheyAre) {
  core_.ask(set("p:1", value_of(1, 400)));
  fill(10'000, 400);
  EXPECT_EQ(core_.ask("stats detail on\r\nstats reset\r\n"), "OK\r\nRESET\r\n");
  EXPECT_NE(core_.ask("get p:1\r\n"), "END\r\n");
  const std::string page = core_.ask("stats\r\n");
  EXPECT_EQ(row_of(page, "isocache_tier_answered"), "1");
  EXPECT_EQ(row_of(page, "recache_from_extstore"), "0");
  EXPECT_EQ(core_.ask("stats detail dump\r\n"), "PREFIX p get 1 hit 1 set 0 del 0\r\nEND\r\n");
}

// Then there is room for everything once more.
TEST_P(TieringTest, AFlushIsANewBeginning) {
  TieredCore core(TieredOptions{.device_bytes = 16U << 20});
  core.device.set_delayed(GetParam());
  const auto store = [&](std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = first; i < first + count; ++i) {
      core.ask(set(key_of(i), value_of(i, 400)));
      core.device.complete_all();
    }
    return row_of(core.ask("stats\r\n"), "isocache_tier_not_admitted");
  };
  const std::string before = store(0, 50'000);
  EXPECT_NE(before, "0");
  EXPECT_EQ(core.ask("flush_all\r\n"), "OK\r\n");
  EXPECT_EQ(store(50'000, 12'000), before);
  EXPECT_NE(store(70'000, 50'000), before);
}

INSTANTIATE_TEST_SUITE_P(, TieringTest, testing::Values(false, true),
                         [](const auto& one) { return one.param ? "LateDevice" : "SyncDevice"; });

// --- against a core with memory for everything ----------------------------------------------

struct Case {
  const char* name;
  bool late;
  bool recache;
  bool weak_hash;
};

class TieringRandomTest : public testing::TestWithParam<Case> {
 protected:
  static TieredOptions options() {
    TieredOptions options;
    options.recache_rate = GetParam().recache ? 1 : 2000;
    if (GetParam().weak_hash) options.hash_key = weak_hash_key(1);
    return options;
  }
  std::string random_key() { return key_of(random_.below(2000)); }
  std::string random_value() {
    if (random_.one_in(6)) return std::to_string(random_.below(1'000'000));
    if (random_.one_in(40)) return value_of(random_.below(1000), random_.below(60'000));
    return value_of(random_.below(1000), random_.below(2500));
  }
  std::string with_value(const std::string& words, const std::string& flags) {
    const std::string value = random_value();
    return words + " " + std::to_string(value.size()) + flags + "\r\n" + value + "\r\n";
  }
  std::string random_command() {
    const std::string key = random_key();
    switch (random_.below(24)) {
      case 0: return "get " + key + " " + random_key() + " " + random_key() + "\r\n";
      case 1: return "gets " + key + "\r\n";
      case 2: return "gat 100 " + key + "\r\n";
      case 3: return "touch " + key + " 200\r\n";
      case 4: return "incr " + key + " 7\r\n";
      case 5: return "decr " + key + " 7\r\n";
      case 6: return with_value("append " + key + " 0 0", "");
      case 7: return with_value("prepend " + key + " 0 0", "");
      case 8: return with_value("add " + key + " 1 0", "");
      case 9: return with_value("replace " + key + " 2 0", "");
      case 10: return "delete " + key + "\r\n";
      case 11: return "delete " + key + " noreply\r\n";
      case 12: return "md " + key + " I T30\r\n";
      case 13: return "md " + key + " x\r\n";
      case 14: return "ma " + key + " N0 J5 D3 v t c\r\n";
      case 15: return "mg " + key + " N30 s v k c f t\r\n";
      case 16: return "mg " + key + " R50 T60 v O12\r\n";
      case 17: return with_value("ms " + key, " MA N0 c");
      case 18: return with_value("ms " + key, " C" + std::to_string(random_.below(5000)) + " I");
      case 19: return "mg " + key + " h s c v q k\r\nmn\r\n";
      default: return with_value("set " + key + " 3 " + (random_.one_in(4) ? "50" : "0"), "");
    }
  }
  Random random_{7};
};

TEST_P(TieringRandomTest, AnswersAsIfAllWereInMemory) {
  StoreOptions large = TestCore::store_options();
  large.memory_limit = 256U << 20;
  large.hash_key = options().hash_key;
  TestCore expected({}, {}, large);
  TieredCore tiered(options());
  tiered.device.set_delayed(GetParam().late);
  for (std::uint32_t i = 0; i < 1500; ++i) {
    const std::string command = set(key_of(i), value_of(i, 1500));
    ASSERT_EQ(tiered.ask(command), expected.ask(command));
    if (tiered.device.pending() > 1) tiered.device.complete_all();
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string commands = random_command();
    while (random_.below(3) == 0) commands += random_command();
    if (random_.one_in(5000)) commands += "flush_all\r\n";
    ASSERT_EQ(tiered.ask(commands), expected.ask(commands)) << i << ": " << commands;
    if (tiered.device.pending() > 1 || random_.one_in(50)) tiered.device.complete_all();
    if (random_.one_in(200)) expected.clock.now_s = ++tiered.clock.now_s;
  }
  EXPECT_STREQ(tiered.store.broken_invariant(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(, TieringRandomTest,
                         testing::Values(Case{"Sync", false, false, false},
                                         Case{"Late", true, false, false},
                                         Case{"SyncRecache", false, true, false},
                                         Case{"LateRecache", true, true, false}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace isocache
