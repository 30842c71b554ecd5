// Dumps list what lies on the tier, each item once, whatever the device does.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/tiered_core.h"

namespace isocache {
namespace {

constexpr std::uint32_t kItems = 12'000;

std::string key_of(std::uint32_t number) { return "key" + std::to_string(number); }

std::string set(const std::string& key, std::size_t bytes, unsigned ttl_s = 0) {
  return "set " + key + " 5 " + std::to_string(ttl_s) + " " + std::to_string(bytes) + "\r\n" +
         std::string(bytes, 'v') + "\r\n";
}

// How often each key is listed in a metadump or mgdump.
std::map<std::string, int> keys_of(const std::string& dump) {
  std::map<std::string, int> keys;
  for (const std::string_view begin : {"key=", "mg "}) {
    for (std::size_t at = dump.find(begin); at != std::string::npos; at = dump.find(begin, at)) {
      at += begin.size();
      ++keys[dump.substr(at, dump.find_first_of(" \r", at) - at)];
    }
  }
  return keys;
}

std::string line_of(const std::string& dump, const std::string& key) {
  const std::size_t at = dump.find("key=" + key + " ");
  return at == std::string::npos ? "" : dump.substr(at, dump.find('\n', at) - at);
}

class TierListingTest : public testing::TestWithParam<bool> {
 protected:
  TierListingTest() { core_.device.set_delayed(GetParam()); }
  void fill(std::uint32_t from, std::uint32_t to, std::size_t bytes, unsigned ttl_s = 0) {
    for (std::uint32_t i = from; i < to; ++i) {
      ASSERT_EQ(core_.ask(set(key_of(i), bytes, ttl_s)), "STORED\r\n");
      if (core_.device.pending() > 1) core_.device.complete_all();
    }
  }
  std::string dump() { return core_.ask("lru_crawler metadump all\r\n"); }
  // Those of these keys that are there.
  std::set<std::string> present(std::uint32_t to) {
    std::set<std::string> keys;
    for (std::uint32_t i = 0; i < to; ++i) {
      if (core_.ask("mg " + key_of(i) + "\r\n") == "HD\r\n") keys.insert(key_of(i));
    }
    return keys;
  }
  void expect_listed(const std::string& dump, const std::set<std::string>& keys) {
    const auto listed = keys_of(dump);
    EXPECT_EQ(listed.size(), keys.size());
    for (const auto& [key, count] : listed) {
      EXPECT_EQ(count, 1) << key;
      EXPECT_TRUE(keys.contains(key)) << key;
    }
  }
  TieredCore core_{{.device_bytes = 16U << 20}};
};

INSTANTIATE_TEST_SUITE_P(, TierListingTest, testing::Bool(), [](const auto& kind) {
  return std::string(kind.param ? "late" : "at_once");
});

TEST_P(TierListingTest, ListsEachItemOnce) {
  fill(0, kItems, 400);
  const std::string all = dump();
  EXPECT_TRUE(all.starts_with("OK\r\n"));
  EXPECT_TRUE(all.ends_with("END\r\n"));
  const std::string hash = core_.ask("lru_crawler metadump hash\r\n");
  const std::string mgdump = core_.ask("lru_crawler mgdump all\r\n");
  EXPECT_TRUE(mgdump.ends_with("EN\r\n"));
  const auto keys = present(kItems);
  EXPECT_GT(keys.size(), kItems - 20);
  expect_listed(all, keys);
  expect_listed(hash, keys);
  expect_listed(mgdump, keys);
  EXPECT_EQ(core_.device.reads_held(), 0U);
}

TEST_P(TierListingTest, TellsWhatMemcachedTells) {
  fill(0, kItems, 400, 1000);
  const std::string at = std::to_string(TestCore::kStart);
  const std::string line = line_of(dump(), key_of(0));
  EXPECT_TRUE(line.starts_with("key=key0 exp=" + std::to_string(TestCore::kStart + 1000) +
                               " la=" + at + " cas=2 fetch=no cls=3 size=467 flags=5 ext_page="))
      << line;
  EXPECT_NE(line.find(" ext_offset="), std::string::npos) << line;
  EXPECT_EQ(line_of(dump(), key_of(kItems - 1)).find("ext_"), std::string::npos);
  EXPECT_NE(core_.ask("mg key0 v\r\n"), "EN\r\n");  // answered from the tier, where it stays
  EXPECT_NE(line_of(dump(), key_of(0)).find("fetch=yes"), std::string::npos);
}

TEST_P(TierListingTest, OfOneClass) {
  fill(0, kItems, 400);
  fill(kItems, kItems + 100, 40'000);
  const std::string small = core_.ask("lru_crawler metadump 3\r\n");
  EXPECT_GT(keys_of(small).size(), kItems - 200);
  EXPECT_EQ(line_of(small, key_of(kItems)), "");
  EXPECT_EQ(keys_of(core_.ask("lru_crawler metadump 7,8\r\n")).size(), 0U);
  EXPECT_GT(core_.ask("stats cachedump 3 0\r\n").size(), std::size_t{kItems} * 20);
  const std::string few = core_.ask("stats cachedump 3 7000\r\n");
  EXPECT_EQ(std::count(few.begin(), few.end(), '\n'), 7001);
}

TEST_P(TierListingTest, NotWhatIsGoneOrInMemory) {
  fill(0, kItems, 400);
  for (std::uint32_t i = 0; i < 100; ++i) core_.ask("delete " + key_of(i) + "\r\n");
  for (std::uint32_t i = 100; i < 200; ++i) core_.ask("delete " + key_of(i) + " noreply\r\n");
  for (std::uint32_t i = 200; i < 300; ++i) core_.ask("touch " + key_of(i) + " 10\r\n");
  fill(300, 310, 50);
  for (int n = 0; n < 2; ++n) core_.ask("get key400\r\n");  // now it is in memory and on the tier
  core_.clock.now_s += 20;
  const std::string all = dump();
  const auto keys = keys_of(all);
  for (std::uint32_t i = 0; i < 300; ++i) EXPECT_FALSE(keys.contains(key_of(i))) << i;
  for (std::uint32_t i = 300; i < 310; ++i) EXPECT_EQ(keys.at(key_of(i)), 1);
  EXPECT_EQ(keys.at("key400"), 1);
  EXPECT_EQ(line_of(all, "key400").find("ext_"), std::string::npos);
  expect_listed(all, present(kItems));
  core_.ask("flush_all\r\n");
  EXPECT_EQ(dump(), "OK\r\nEND\r\n");
}

// The older record is still there.
TEST_P(TierListingTest, AnItemThatWasStoredAgain) {
  fill(0, kItems, 400);
  fill(0, kItems, 380);
  const std::string all = dump();
  EXPECT_EQ(all.find(" size=46"), std::string::npos);  // 380 bytes are 447 to 451
  expect_listed(all, present(kItems));
}

TEST_P(TierListingTest, ValuesOfSeveralPages) {
  fill(0, 200, 100'000);
  fill(200, 300, 300'000);
  const std::string all = dump();
  const auto listed = keys_of(all);
  EXPECT_GT(listed.size(), 90U);
  EXPECT_TRUE(all.find(" size=100068 flags=5 ext_page=") != std::string::npos ||
              all.find(" size=100069 flags=5 ext_page=") != std::string::npos);
  for (const auto& [key, count] : listed) EXPECT_EQ(count, 1) << key;
  // To ask for one brings it back to memory, which may cost others.
  for (const std::string& key : present(300)) EXPECT_TRUE(listed.contains(key)) << key;
}

// A record is listed only if all of it is undamaged, although a dump shows nothing of the value.
TEST_P(TierListingTest, ADamagedValueOfSeveralPages) {
  const auto on_tier = [](const std::string& all) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = all.find(" ext_page=", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  fill(0, 200, 100'000);
  const std::size_t whole = on_tier(dump());
  EXPECT_GT(whole, 60U);
  for (std::size_t at = 30'000; at < core_.device.bytes().size(); at += 65'536) {
    core_.device.bytes()[at] ^= std::byte{1};  // one in each record at least
  }
  EXPECT_LT(on_tier(dump()), 15U);  // those that are not written yet
}

TEST_P(TierListingTest, WhatIsNotYetWritten) {
  core_.device.set_delayed(true);
  for (std::uint32_t i = 0; core_.device.pending() == 0 && i < 100'000; ++i) {
    core_.ask(set(key_of(i), 400));
  }
  EXPECT_NE(line_of(dump(), key_of(0)).find("ext_page=0 ext_offset=64"), std::string::npos);
  core_.device.complete_all();
}

TEST_P(TierListingTest, AClientThatReadsSlowly) {
  fill(0, kItems, 400);
  core_.session = std::make_unique<Session>(core_.backend, core_.clock,
                                            SessionOptions{.output_limits = {1000, 1000}}, &core_);
  const std::string all = dump();
  expect_listed(all, present(kItems));
}

TEST_P(TierListingTest, ADeviceThatRefuses) {
  fill(0, kItems, 400);
  core_.device.set_rates({.refuse = 2}, 1);
  const std::string all = dump();
  core_.device.set_rates({}, 1);
  expect_listed(all, present(kItems));
}

TEST_P(TierListingTest, WhatCannotBeReadIsLeftOut) {
  fill(0, kItems, 400);
  const std::size_t whole = keys_of(dump()).size();
  core_.device.fail_reads(2);
  const std::string some = dump();
  EXPECT_TRUE(some.ends_with("END\r\n"));
  if (GetParam()) {
    EXPECT_LT(keys_of(some).size(), whole);
  } else {  // as if the device had no room: it is asked again
    EXPECT_EQ(keys_of(some).size(), whole);
  }
  EXPECT_GT(keys_of(some).size(), whole - 2 * 65536 / 400);
  core_.device.bytes()[1000] ^= std::byte{1};     // in the third record of the first page
  core_.device.bytes()[70'000] ^= std::byte{1};   // in the second page
  core_.device.bytes()[131'080] ^= std::byte{1};  // in the third page's header
  const std::string damaged = dump();
  EXPECT_NE(line_of(damaged, key_of(0)), "");
  EXPECT_LT(keys_of(damaged).size(), whole);
  EXPECT_GT(keys_of(damaged).size(), whole - 3 * 65536 / 400);
}

// While a dump waits for a read, everything that it might read is written again.
TEST_P(TierListingTest, RegionsThatAreUsedAgain) {
  fill(0, kItems, 400);
  core_.device.set_delayed(true);
  core_.session->feed("lru_crawler metadump all\r\n");
  std::string all = core_.drain();
  while (core_.device.pending() == 0) {
    core_.session->resume();
    all += core_.drain();
  }
  std::unique_ptr<Session> dumping = std::move(core_.session);
  core_.session = std::make_unique<Session>(core_.backend, core_.clock, SessionOptions(), &core_);
  for (std::uint32_t i = kItems; i < 10 * kItems; ++i) {
    core_.session->feed(set(key_of(i), 400));
    core_.drain();
    while (core_.device.pending() > 1) core_.device.complete(1);  // not the dump's
    core_.backend.engine().tick(core_.clock.now_s);
  }
  core_.session = std::move(dumping);
  core_.device.complete_all();
  all += core_.ask("mn\r\n");
  EXPECT_TRUE(all.ends_with("END\r\nMN\r\n"));
  for (const auto& [key, count] : keys_of(all)) EXPECT_EQ(count, 1) << key;
}

TEST_P(TierListingTest, AClientThatGoes) {
  fill(0, kItems, 400);
  core_.device.set_delayed(true);
  core_.device.complete_all();
  core_.session->feed("lru_crawler metadump all\r\n");
  core_.drain();
  while (core_.device.pending() == 0) {
    core_.session->resume();
    core_.drain();
  }
  EXPECT_FALSE(core_.tiering.idle());
  core_.session = std::make_unique<Session>(core_.backend, core_.clock, SessionOptions(), &core_);
  core_.device.complete_all();
  EXPECT_TRUE(core_.woken.empty());
  EXPECT_TRUE(core_.tiering.idle());
  EXPECT_EQ(core_.device.reads_held(), 0U);
}

// A host that ends waits for the rest.
TEST_P(TierListingTest, IsFinishedByAHostThatEnds) {
  fill(0, kItems, 400);
  const std::size_t whole = keys_of(dump()).size();
  core_.device.set_delayed(true);
  core_.device.complete_all();
  core_.session->feed("lru_crawler metadump all\r\nmn\r\n");
  std::string all = core_.drain();
  while (core_.device.pending() == 0) {
    core_.session->resume();
    all += core_.drain();
  }
  core_.session->end_after_request();
  EXPECT_FALSE(core_.session->closing());
  all += core_.ask("");
  EXPECT_TRUE(core_.session->closing());
  EXPECT_TRUE(all.ends_with("END\r\n"));
  EXPECT_EQ(keys_of(all).size(), whole);
}

TEST_P(TierListingTest, AFlushEndsIt) {
  fill(0, kItems, 400);
  core_.device.set_delayed(true);
  core_.session->feed("lru_crawler metadump all\r\n");
  core_.drain();
  while (core_.device.pending() == 0) {
    core_.session->resume();
    core_.drain();
  }
  core_.backend.flush_at(core_.clock.now_s, core_.clock.now_s);
  EXPECT_EQ(core_.ask(""), "END\r\n");
}

// Gets need the device's memory more.
TEST(TierListingsTest, ManyDumpsReadFewPagesAtOneTime) {
  TieredCore core({.device_bytes = 16U << 20});
  core.device.set_delayed(true);
  for (std::uint32_t i = 0; i < kItems; ++i) {
    core.ask(set(key_of(i), 400));
    core.device.complete_all();
  }
  constexpr std::size_t kDumps = 20;
  struct Dumper : Waker {
    void wake(LateToken token) override { woken = token == kStreamToken; }
    bool woken = false;
    std::string reply;
    std::unique_ptr<Session> session;
  };
  std::vector<Dumper> dumpers(kDumps);
  for (Dumper& dumper : dumpers) {
    dumper.session = std::make_unique<Session>(core.backend, core.clock, SessionOptions(), &dumper);
    dumper.session->feed("lru_crawler metadump all\r\n");
  }
  std::size_t most_reads = 0;
  bool any = true;
  for (std::size_t rounds = 0; any && rounds < 100 * kItems; ++rounds) {
    any = false;
    for (Dumper& dumper : dumpers) {
      if (std::exchange(dumper.woken, false)) dumper.session->resume(kStreamToken);
      for (dumper.reply += take_output(*dumper.session, core.backend);
           dumper.session->wants_turn();) {
        dumper.session->resume();
        dumper.reply += take_output(*dumper.session, core.backend);
      }
      any = any || !dumper.reply.ends_with("END\r\n");
    }
    most_reads = std::max(most_reads, core.device.pending() + core.device.reads_held());
    // One of them leaves while it waits.
    if (dumpers.size() == kDumps) {
      dumpers.back().session.reset();
      dumpers.pop_back();
    }
    if (core.device.pending() != 0) core.device.complete();
  }
  EXPECT_FALSE(any) << "a dump waits for ever";
  EXPECT_LE(most_reads, 4U);
  for (const Dumper& dumper : dumpers) EXPECT_GT(keys_of(dumper.reply).size(), kItems - 200);
}

}  // namespace
}  // namespace isocache
