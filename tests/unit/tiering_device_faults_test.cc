// What fails on the tier's device: what is counted, and when it is tried again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/tiered_core.h"

namespace isocache {
namespace {

class TieringDeviceFaultsTest : public testing::Test {
 protected:
  void set_rates(const FaultyDevice::Rates& rates) { core.device.set_rates(rates, 1); }
  void fill(int from, int to) {
    const std::string value(4000, 'v');
    for (int n = from; n < to; ++n) {
      core.ask("set key" + std::to_string(n) + " 0 0 4000\r\n" + value + "\r\n");
    }
  }
  // Second by second. Returns after how many seconds it was no longer off.
  int seconds_off(int most) {
    for (int passed = 0; passed <= most; ++passed) {
      if (core.tiering.health().shards_off == 0) return passed;
      ++core.clock.now_s;
      core.ask("mn\r\n");
    }
    return most + 1;
  }
  void fail_until_off() {
    set_rates({.fail_write = 1});
    for (int n = 0; n < 20'000 && core.tiering.health().shards_off == 0; ++n) fill(n, n + 1);
    ASSERT_EQ(core.tiering.health().shards_off, 1U);
  }

  TieredCore core{{.retries = true}};
};

TEST_F(TieringDeviceFaultsTest, AReadThatFailsWithinTheCallIsAFailedRead) {
  fill(0, 1000);
  core.device.fail_reads(1);
  EXPECT_EQ(core.ask("mg key0 v\r\n"), "EN\r\n");
  const TierFigures figures = core.tiering.figures();
  EXPECT_EQ(figures.failed_reads, 1U);
  EXPECT_EQ(figures.counters.refused, 0U);
  EXPECT_EQ(figures.counters.missing, 1U);
  // Its record is given up, as when a read fails later.
  EXPECT_EQ(core.ask("mg key0 v\r\n"), "EN\r\n");
  EXPECT_EQ(core.tiering.figures().counters.fetches, 1U);
}

// A key that nobody has stored, and whose hash looks to the index like that of a key on the tier.
TEST(TieringCollisionTest, AnotherKeysRecordIsNoDamage) {
  constexpr std::uint64_t kFewOfTheIndexsBits = 0xFFF0'0000'0003'FFFF;
  TieredCore core({.hash_key = {.mask = kFewOfTheIndexsBits}});
  const std::string value(4000, 'v');
  for (int n = 0; n < 1000; ++n) {
    core.ask("set key" + std::to_string(n) + " 0 0 4000\r\n" + value + "\r\n");
  }
  const std::uint64_t replaced = core.tiering.figures().entries_replaced;
  for (int n = 0; n < 100; ++n) {
    EXPECT_EQ(core.ask("mg other" + std::to_string(n) + " v\r\n"), "EN\r\n");
  }
  const TierFigures figures = core.tiering.figures();
  EXPECT_GT(figures.counters.missing, 10U);
  EXPECT_GT(figures.entries_replaced, replaced + 10);
  EXPECT_EQ(figures.counters.damaged, 0U);
}

TEST_F(TieringDeviceFaultsTest, WritesAgainWhenTheDeviceHasRecovered) {
  fail_until_off();
  set_rates({});
  const std::uint64_t written = core.tiering.figures().bytes_written;
  // The first second is when the failure is noticed.
  EXPECT_EQ(seconds_off(100), 1 + 10);
  fill(50'000, 51'000);
  EXPECT_GT(core.tiering.figures().bytes_written, written);
  EXPECT_EQ(core.ask("mg key50000 s\r\n"), "HD s4000\r\n");
}

TEST_F(TieringDeviceFaultsTest, TriesLessAndLessOften) {
  std::vector<int> waited_s;
  for (int n = 0; n < 8; ++n) {
    fail_until_off();
    waited_s.push_back(seconds_off(1000) - 1);
  }
  EXPECT_EQ(waited_s, (std::vector<int>{10, 20, 40, 80, 160, 320, 600, 600}));
}

TEST_F(TieringDeviceFaultsTest, AClockThatGoesBackDoesNotKeepItOff) {
  fail_until_off();
  EXPECT_EQ(seconds_off(2), 3);
  core.clock.now_s -= 100'000;
  EXPECT_LE(seconds_off(100), 1);
}

}  // namespace
}  // namespace isocache
