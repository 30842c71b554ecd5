// flush_prefix, as a client sees it: in memory, with several shards, and with a tier.
#include <gtest/gtest.h>

#include <string>

#include "support/random.h"
#include "unit/core_fixture.h"
#include "unit/tiered_core.h"
#include "unit/two_shards.h"

namespace isocache {
namespace {

constexpr std::string_view kOk = "OK\r\n";
constexpr std::string_view kBad = "CLIENT_ERROR bad prefix\r\n";

std::string set(const std::string& key, const std::string& value) {
  return "set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

TEST(FlushPrefix, IsAMissForEveryCommand) {
  TestCore core;
  for (const char* command :
       {"get a:k", "mg a:k v", "gat 10 a:k", "touch a:k 10", "incr a:k 1", "ma a:k", "delete a:k",
        "md a:k I", "md a:k", "me a:k", "replace a:k 0 0 1\r\n2", "append a:k 0 0 1\r\n2",
        "ms a:k 1 MA\r\n2", "cas a:k 0 0 1 7\r\n2", "mg a:k N5 c t"}) {
    SCOPED_TRACE(command);
    TestCore never;
    const std::string missed = never.ask(std::string(command) + "\r\n");
    core.ask("flush_all\r\nms a:k 1 E7 T0\r\n1\r\n");
    EXPECT_EQ(core.ask("flush_prefix a\r\n"), kOk);
    // A number that is given out anew differs.
    const std::string reply = core.ask(std::string(command) + "\r\n");
    EXPECT_EQ(reply.substr(0, reply.find(" c")), missed.substr(0, missed.find(" c")));
    core.ask("flush_prefix a\r\n");
    EXPECT_EQ(core.ask("add a:k 0 0 1\r\n3\r\nget a:k\r\n"),
              "STORED\r\nVALUE a:k 0 1\r\n3\r\nEND\r\n");
  }
}

TEST(FlushPrefix, GoesByTheOrderOfTheServerNotByCas) {
  for (const bool cas_enabled : {true, false}) {
    Settings settings;
    settings.cas_enabled = cas_enabled;
    TestCore core(settings);
    core.ask("ms a:high 1 E18446744073709551615\r\n1\r\nms a:n 1 E100\r\n5\r\n");
    EXPECT_EQ(core.ask("flush_prefix a\r\nms a:low 1 E1\r\n1\r\n"), "OK\r\nHD\r\n");
    EXPECT_EQ(core.ask("mg a:high v\r\nmg a:low v\r\nmg a:n v\r\n"), "EN\r\nVA 1\r\n1\r\nEN\r\n");
    core.ask("incr a:low 1\r\ntouch a:low 100\r\nmd a:low I T30\r\n");
    EXPECT_EQ(core.ask("mg a:low v\r\n"), "VA 1 X W\r\n2\r\n");
    EXPECT_EQ(core.ask("flush_prefix a\r\nmg a:low v\r\n"), "OK\r\nEN\r\n");
  }
}

TEST(FlushPrefix, SaysWhatIsWrong) {
  TestCore core;
  core.ask(set("a:k", "1") + set("noreply:k", "1"));
  EXPECT_EQ(core.ask("flush_prefix\r\n"), "ERROR\r\n");
  EXPECT_EQ(core.ask("flush_prefix a noreply b\r\n"), "ERROR\r\n");
  EXPECT_EQ(core.ask("flush_prefix a b\r\n"), "CLIENT_ERROR bad command line format\r\n");
  EXPECT_EQ(row_of(core.ask("stats\r\n"), "cmd_flush"), "0");
  EXPECT_EQ(core.ask("flush_prefix a:\r\n"), kBad);
  EXPECT_EQ(core.ask("flush_prefix a:k\r\n"), kBad);
  EXPECT_EQ(core.ask("flush_prefix " + std::string(250, 'a') + "\r\n"), kBad);
  EXPECT_EQ(core.ask("flush_prefix " + std::string(249, 'a') + "\r\n"), kOk);
  EXPECT_EQ(core.ask(std::string("flush_prefix a\0b\r\n", 18)), kBad);
  EXPECT_EQ(core.ask("get a:k\r\n"), "VALUE a:k 0 1\r\n1\r\nEND\r\n");
  EXPECT_EQ(core.ask("flush_prefix a noreply\r\nget a:k\r\n"), "END\r\n");
  EXPECT_EQ(core.ask("flush_prefix noreply\r\nget noreply:k\r\n"), "OK\r\nEND\r\n");
  EXPECT_EQ(row_of(core.ask("stats\r\n"), "cmd_flush"), "3");
  EXPECT_EQ(core.ask("mg YTprAAo= b v\r\n"), "EN\r\n");
}

TEST(FlushPrefix, ADelimiterOfOnesOwnAndKeysInBase64) {
  Settings settings;
  settings.prefix_delimiter = '/';
  TestCore core(settings);
  core.ask(set("a/1", "1") + set("a:b/1", "1") + set("a:2", "1"));
  core.ask("ms YS8B 1 b\r\n1\r\n");  // a/\x01
  EXPECT_EQ(core.ask("mg YS8B b v\r\n"), "VA 1\r\n1\r\n");
  EXPECT_EQ(core.ask("flush_prefix a/\r\n"), kBad);
  EXPECT_EQ(core.ask("flush_prefix a\r\n"), kOk);
  EXPECT_EQ(core.ask("mg YS8B b v\r\nmg a/1\r\nmg a:b/1\r\nmg a:2\r\n"),
            "EN\r\nEN\r\nHD\r\nHD\r\n");
  EXPECT_EQ(core.ask("flush_prefix a:b\r\nmg a:b/1\r\n"), "OK\r\nEN\r\n");
}

TEST(FlushPrefix, CanBeForbidden) {
  Settings settings;
  settings.flush_enabled = false;
  TestCore core(settings);
  core.ask(set("a:k", "1"));
  EXPECT_EQ(core.ask("flush_prefix a\r\n"), "CLIENT_ERROR flush_all not allowed\r\n");
  EXPECT_EQ(core.ask("get a:k\r\n"), "VALUE a:k 0 1\r\n1\r\nEND\r\n");
}

TEST(FlushPrefix, DumpsAndCountsFollow) {
  TestCore core;
  for (int i = 0; i < 100; ++i) core.ask(set("a:" + std::to_string(i), "1"));
  core.ask(set("b:1", "1") + "flush_prefix a\r\n");
  const std::string dump = core.ask("lru_crawler metadump all\r\n");
  EXPECT_NE(dump.find("key=b%3A1 "), std::string::npos) << dump;
  EXPECT_EQ(dump.find("key=a"), std::string::npos);
  core.ask("get a:1\r\n");
  EXPECT_EQ(row_of(core.ask("stats\r\n"), "get_flushed"), "1");
  while (core.backend.engine().tick(core.clock.now_s)) {
  }
  EXPECT_EQ(row_of(core.ask("stats\r\n"), "curr_items"), "1");
}

// A value that arrives while its prefix is flushed is stored when it is complete.
TEST(FlushPrefix, DuringAnUpload) {
  TestCore core;
  const std::string value(200'000, 'v');
  Session other(core.backend, core.clock, SessionOptions());
  const std::string all = set("a:large", value);
  other.feed(std::string_view(all).substr(0, 100'000));
  EXPECT_EQ(core.ask("flush_prefix a\r\nget a:large\r\n"), "OK\r\nEND\r\n");
  other.feed(std::string_view(all).substr(100'000));
  EXPECT_EQ(take_output(other, core.backend), "STORED\r\n");
  EXPECT_EQ(core.ask("mg a:large s\r\n"), "HD s200000\r\n");
  EXPECT_EQ(core.ask("flush_prefix a\r\nmg a:large\r\n"), "OK\r\nEN\r\n");
}

// --- with a tier --------------------------------------------------------------------------------

class FlushPrefixTierTest : public testing::TestWithParam<bool> {
 protected:
  FlushPrefixTierTest() { core_.device.set_delayed(GetParam()); }
  void fill(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(core_.ask(set(prefix + std::to_string(i), std::string(500, 'v'))), "STORED\r\n");
      if (core_.device.pending() > 1) core_.device.complete_all();
    }
  }
  int hits(const std::string& prefix, int count) {
    int found = 0;
    for (int i = 0; i < count; ++i) {
      found += core_.ask("mg " + prefix + std::to_string(i) + "\r\n") == "HD\r\n" ? 1 : 0;
    }
    return found;
  }
  void sweep() {
    for (int i = 0; i < 2; ++i) {
      core_.clock.now_s += 60;
      while (core_.backend.engine().tick(core_.clock.now_s)) core_.device.complete_all();
    }
  }
  TieredCore core_{{.memory_limit = 2U << 20,
                    .device_bytes = 16U << 20,
                    .region_bytes = 1U << 20,
                    .write_unread = 20}};
};

TEST_P(FlushPrefixTierTest, RecordsAreGoneAndStayGone) {
  constexpr int kItems = 5000;
  fill("a:", kItems);
  fill("b:", kItems);
  EXPECT_GT(hits("a:", kItems), kItems * 9 / 10);
  ASSERT_EQ(core_.ask("flush_prefix a\r\n"), kOk);
  EXPECT_EQ(hits("a:", kItems), 0);
  EXPECT_GT(hits("b:", kItems), kItems * 9 / 10);
  const std::string dump = core_.ask("lru_crawler metadump all\r\n");
  EXPECT_EQ(dump.find("key=a"), std::string::npos);
  EXPECT_NE(dump.find("key=b"), std::string::npos);
  sweep();
  EXPECT_TRUE(core_.store.remembers_prefixes()) << "records lie on the device";
  fill("a:", 1000);
  EXPECT_GT(hits("a:", 1000), 900);
  for (int i = 1000; i < kItems; ++i) {
    ASSERT_EQ(core_.ask("mg a:" + std::to_string(i) + "\r\n"), "EN\r\n");
  }
  // The log goes around: what was written before the flush is cleaned away.
  fill("c:", 60'000);
  sweep();
  EXPECT_FALSE(core_.store.remembers_prefixes());
  EXPECT_EQ(core_.store.memory_use().lent_bytes % limits::kSegmentBytes, 0U);
  for (int i = 1000; i < kItems; ++i) {
    ASSERT_EQ(core_.ask("mg a:" + std::to_string(i) + "\r\n"), "EN\r\n");
  }
  EXPECT_STREQ(core_.store.broken_invariant(), nullptr);
}

// The table for the first prefix takes memory, so items go to the tier meanwhile.
TEST_P(FlushPrefixTierTest, WhatIsEvictedForTheTableIsFlushedAsWell) {
  constexpr int kItems = 6000;
  fill("a:", kItems);
  ASSERT_FALSE(core_.store.remembers_prefixes());
  ASSERT_EQ(core_.ask("flush_prefix a\r\n"), kOk);
  EXPECT_EQ(hits("a:", kItems), 0);
}

INSTANTIATE_TEST_SUITE_P(, FlushPrefixTierTest, testing::Values(false, true),
                         [](const auto& each) { return each.param ? "late" : "at_once"; });

// A read that has begun when the prefix is flushed must not bring the item back.
TEST(FlushPrefixTier, WhileAReadIsUnderWay) {
  TieredCore core({});
  core.device.set_delayed(true);
  for (int i = 0; i < 10'000; ++i) {
    core.ask(set("a:" + std::to_string(i), std::string(500, 'v')));
    if (core.device.pending() > 1) core.device.complete_all();
  }
  core.device.complete_all();
  int late = 0;
  for (int i = 0; i < 50; ++i) {
    Session other(core.backend, core.clock, SessionOptions());
    core.session->feed("mg a:" + std::to_string(i) + "\r\n");
    if (!core.session->owes_reply()) continue;
    ++late;
    other.feed("flush_prefix a\r\n");
    EXPECT_EQ(take_output(other, core.backend), kOk);
    EXPECT_EQ(core.ask(""), "EN\r\n");
    break;
  }
  EXPECT_EQ(late, 1);
}

}  // namespace
}  // namespace isocache
