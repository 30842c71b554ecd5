// When a tier tries again to write, and what the log says of faults.
#include "native/tier/tier_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace isocache {
namespace {

class TierWatchTest : public testing::Test {
 protected:
  // To this time, second by second. Returns when the tier was told to try again.
  std::vector<std::int64_t> run_until(std::int64_t end_s) {
    std::vector<std::int64_t> retries_s;
    for (; now_s <= end_s; ++now_s) {
      const int before = retries;
      watch.run(now_s * 1000);
      if (retries != before) retries_s.push_back(now_s);
    }
    return retries_s;
  }

  TierHealth health;
  int retries = 0;
  bool fails = false;  // what is tried again fails again
  std::vector<std::string> lines;
  std::int64_t now_s = 1;
  TierWatch watch{{.health = [this] { return health; },
                   .retry =
                       [this] {
                         ++retries;
                         health.shards_off = fails ? 1 : 0;
                         health.failed_writes += fails ? 8 : 0;
                       },
                   .warn = [this](const std::string& line) { lines.push_back(line); }}};
};

TEST_F(TierWatchTest, ATierThatWorksIsLeftAlone) {
  health.damaged = 3;
  EXPECT_TRUE(run_until(2000).empty());
  EXPECT_TRUE(lines.empty());
}

TEST_F(TierWatchTest, OneFailedWriteIsTriedAgainQuietly) {
  run_until(99);
  health.failed_writes = 1;
  EXPECT_EQ(run_until(2000), (std::vector<std::int64_t>{110}));
  EXPECT_TRUE(lines.empty());
}

TEST_F(TierWatchTest, TriesLessAndLessOftenAndSaysSo) {
  health.failed_writes = 8;
  health.shards_off = 1;
  fails = true;
  EXPECT_EQ(run_until(200), (std::vector<std::int64_t>{11, 32, 73, 154}));
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[0],
            "ext_path: too many writes have failed. Nothing more is written in 1 shard. What lies "
            "there is still read. Another try in 10 s at the latest");
  EXPECT_EQ(lines[1], "ext_path: tries again to write");
  const std::vector<std::int64_t> later = run_until(7200);
  ASSERT_GE(later.size(), 5U);
  EXPECT_EQ(later.back() - later[later.size() - 2], std::int64_t{RetryDelay::kLongest_s} + 1);
}

TEST_F(TierWatchTest, AfterALongTimeWithoutFaultsTheFirstDelayIsBack) {
  health.failed_writes = 1;
  EXPECT_EQ(run_until(99), (std::vector<std::int64_t>{11}));
  health.failed_writes = 2;
  EXPECT_EQ(run_until(1499), (std::vector<std::int64_t>{120}));
  health.failed_writes = 3;
  EXPECT_EQ(run_until(1999), (std::vector<std::int64_t>{1510}));
}

TEST(FaultLog, SaysTheFirstAtOnceAndTheOthersTogether) {
  FaultLog log("ext_path a: a read failed");
  const FaultLog::Clock::time_point start{};
  EXPECT_EQ(log.line("why", 1, start), "ext_path a: a read failed: why");
  EXPECT_EQ(log.line("why", 1, start + std::chrono::seconds(1)), std::nullopt);
  EXPECT_EQ(log.line("why", 5, start + std::chrono::seconds(9)), std::nullopt);
  EXPECT_EQ(log.line("", 1, start + std::chrono::seconds(10)),
            "ext_path a: a read failed (6 more)");
  EXPECT_EQ(log.line("", 1, start + std::chrono::seconds(30)), "ext_path a: a read failed");
}

}  // namespace
}  // namespace isocache
