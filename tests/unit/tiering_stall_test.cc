// A device that is late, refuses reads, or ends nothing at all.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "unit/tiered_core.h"
#include "unit/two_shards.h"

namespace isocache {
namespace {

std::string key_of(std::size_t number) { return "key" + std::to_string(number); }

std::string set(std::size_t number, std::size_t bytes) {
  return "set " + key_of(number) + " 0 0 " + std::to_string(bytes) + "\r\n" +
         std::string(bytes, 'v') + "\r\n";
}

constexpr std::size_t kBytes = 4000;
const std::string kHit = "VA 4000\r\n" + std::string(kBytes, 'v') + "\r\n";

// --- a fast client, and a device that ends everything some time later -----------------------

class FastFillTest : public testing::Test {
 protected:
  FastFillTest() : core_({.memory_limit = 8U << 20, .write_unread = 20}) {
    core_.device.set_delayed(true);
  }
  // An operation ends when so many bytes were set after it had begun.
  void fill(std::size_t count, std::size_t bytes, std::size_t late_bytes) {
    for (std::size_t end = next_ + count; next_ < end; ++next_) {
      ASSERT_EQ(core_.ask(set(next_, bytes)), "STORED\r\n");
      sent_ += bytes;
      while (begun_.size() < core_.device.pending()) begun_.push_back(sent_);
      while (!begun_.empty() && begun_.front() + late_bytes < sent_) {
        begun_.pop_front();
        core_.device.complete();
        while (begun_.size() < core_.device.pending()) begun_.push_back(sent_);
      }
    }
  }
  TieredCore core_;

 private:
  std::size_t next_ = 0;
  std::size_t sent_ = 0;
  std::deque<std::size_t> begun_;
};

TEST_F(FastFillTest, LosesNothingWhileTheBufferHolds) {
  fill(60'000, 500, 256U << 10);
  const TierFigures figures = core_.tiering.figures();
  EXPECT_GT(figures.records_written, 40'000U);
  EXPECT_EQ(figures.not_appended, 0U);
  EXPECT_EQ(figures.regions_cleaned, 0U);
}

// The cleaner's reads are late, too: old records go, and new ones are not refused.
TEST_F(FastFillTest, LosesNothingNewWhenTheTierIsFull) {
  fill(40'000, 4000, 256U << 10);
  const TierFigures figures = core_.tiering.figures();
  EXPECT_GT(figures.regions_cleaned, 3U);
  EXPECT_EQ(figures.not_appended, 0U);
}

// Then what is lost is counted, and gets are answered.
TEST_F(FastFillTest, CountsWhatIsLostWhenTheDeviceIsTooSlow) {
  fill(40'000, 500, 8U << 20);
  const TierFigures figures = core_.tiering.figures();
  EXPECT_GT(figures.not_appended, 0U);
  EXPECT_LE(figures.lent_bytes - figures.index_bytes, (16U + 12U) * PageSource::kPageBytes);
  EXPECT_EQ(core_.store.counters().evictions, figures.not_appended + figures.not_admitted);
}

// --- reads that are refused -----------------------------------------------------------------

class ColdItemsTest : public testing::Test {
 protected:
  ColdItemsTest() : core_({}) {
    for (std::size_t n = 0; n < 1000; ++n) core_.ask(set(n, kBytes));
  }
  // What is answered at once.
  std::string answer(const std::string& request) {
    Session session(core_.backend, core_.clock, SessionOptions(), &core_);
    session.feed(request);
    return take_output(session, core_.backend);
  }
  // What is answered by those who wait, and were woken.
  std::string resume_all() {
    for (; !core_.woken.empty(); core_.woken.pop_front()) {
      core_.session->resume(core_.woken.front());
    }
    return core_.drain();
  }
  void pass(UnixSeconds seconds) {
    for (UnixSeconds n = 0; n < seconds; ++n) core_.backend.engine().tick(++core_.clock.now_s);
  }
  std::string row(const std::string& name) { return row_of(answer("stats\r\n"), name); }
  TieredCore core_;
};

// The reads of another shard have all of the memory, say.
TEST_F(ColdItemsTest, ARefusedReadIsTriedAgain) {
  core_.device.set_most_reads(0);
  core_.session->feed("mg key0 v\r\nmg key0 s\r\nmg key1 v\r\n");
  pass(1);
  EXPECT_EQ(resume_all(), "");
  core_.device.set_most_reads(1);
  core_.backend.engine().tick(core_.clock.now_s);
  EXPECT_EQ(resume_all(), kHit + "HD s4000\r\n" + kHit);
  EXPECT_EQ(row("get_oom_extstore"), "0");
}

TEST_F(ColdItemsTest, AReadThatIsRefusedForSecondsIsAMissThatLosesNothing) {
  core_.device.set_most_reads(0);
  core_.session->feed("mg key0 v\r\nincr key1 1\r\n");
  pass(3);
  EXPECT_EQ(resume_all(), "EN\r\nNOT_FOUND\r\n");
  core_.session->feed("ms key2 1 MA\r\nx\r\n");
  pass(3);
  EXPECT_EQ(resume_all(), "NS\r\n");
  core_.device.set_most_reads(1);
  for (std::size_t n = 0; n < 3; ++n) EXPECT_EQ(answer("mg " + key_of(n) + " v\r\n"), kHit);
  EXPECT_EQ(row("get_oom_extstore"), "3");
  EXPECT_EQ(row("isocache_tier_failed_reads"), "0");
}

// Several reads end before the first of their requests is executed, as on a busy machine. Until
// then they have the memory that the others wait for.
TEST_F(ColdItemsTest, ReadsWaitForWhatOthersHold) {
  core_.device.set_delayed(true);
  core_.device.set_most_reads(2);
  std::string all;
  for (std::size_t n = 0; n < 6; ++n) {
    core_.session->feed("mg " + key_of(n) + " v\r\n");
    all += kHit;
  }
  std::string replies;
  for (std::size_t n = 0; n < 3; ++n) {
    ASSERT_EQ(core_.device.pending(), 2U);
    core_.device.complete_all();
    replies += resume_all();
  }
  EXPECT_EQ(replies, all);
  EXPECT_EQ(row("get_oom_extstore"), "0");
}

// Its client was told that there is no such item.
TEST_F(ColdItemsTest, ARefusedDeleteLeavesNoItem) {
  for (const std::string request : {"delete key0\r\n", "md key1 I T30\r\n", "touch key2 -1\r\n",
                                    "mg key3 T-1\r\n", "gat -1 key4\r\n"}) {
    core_.device.fail_reads(1);
    answer(request);
  }
  for (std::size_t n = 0; n < 5; ++n) EXPECT_EQ(answer("mg " + key_of(n) + " v\r\n"), "EN\r\n");
}

// --- reads and writes that never end --------------------------------------------------------

TEST_F(ColdItemsTest, NobodyWaitsForADeviceThatEndsNothing) {
  core_.device.set_delayed(true);
  EXPECT_EQ(answer("mg key0 v\r\n"), "");  // and its client is gone
  pass(2);
  EXPECT_EQ(row("isocache_tier_stalled"), "0");
  pass(2);
  EXPECT_EQ(row("isocache_tier_stalled"), "1");
  EXPECT_EQ(answer("mg key2 v\r\n"), "EN\r\n");
  EXPECT_EQ(answer("mg key999 v\r\n"), kHit);
  EXPECT_EQ(answer("delete key3\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(row("isocache_tier_not_waited"), "2");
  pass(5);
  EXPECT_EQ(answer("mg key2 v\r\n"), "");  // one is tried
  EXPECT_EQ(answer("mg key2 v\r\n"), "EN\r\n");
  core_.device.complete(core_.device.pending() - 1);
  EXPECT_EQ(row("isocache_tier_stalled"), "0");
  EXPECT_EQ(core_.ask("mg key2 v\r\n"), kHit);
  EXPECT_EQ(core_.ask("mg key3 v\r\n"), "EN\r\n");
  core_.device.complete_all();
  core_.device.set_delayed(false);
}

// A client that asks for one thing after another, and is given up each time after five seconds.
TEST_F(ColdItemsTest, OneClientWaitsLessAndLessOftenForReadsThatHang) {
  core_.device.set_delayed(true);
  const UnixSeconds begin = core_.clock.now_s;
  std::vector<UnixSeconds> waited;
  for (std::size_t n = 0; n < 250; ++n) {
    if (answer("mg " + key_of(n) + " v\r\n").empty()) {
      waited.push_back(core_.clock.now_s - begin);
      pass(4);
    }
    pass(1);
  }
  EXPECT_EQ(waited, (std::vector<UnixSeconds>{0, 10, 20, 40, 80, 140, 200, 260}));
  core_.device.complete(core_.device.pending() - 1);
  for (std::size_t n = 300; n < 320; ++n) EXPECT_EQ(answer("mg " + key_of(n) + " v\r\n"), "");
  core_.device.complete_all();
}

// The statistics, too, say what they say of a key that nobody has stored.
TEST_F(ColdItemsTest, MissesOfReadsThatHangCountLikeOthers) {
  for (std::size_t n = 0; n < 1000; ++n) {
    const std::string number = std::to_string(n);
    core_.ask("set cold:" + number + " 0 0 4000\r\n" + std::string(kBytes, 'v') + "\r\n");
  }
  core_.device.set_delayed(true);
  EXPECT_EQ(answer("mg key0 v\r\n"), "");
  pass(4);
  EXPECT_EQ(answer("stats detail on\r\n"), "OK\r\n");
  const std::vector<std::string> requests = {"get K",
                                             "gat 99 K",
                                             "mg K v",
                                             "mg K T30 t",
                                             "incr K 1",
                                             "decr K 1",
                                             "ma K MD",
                                             "touch K 9",
                                             "me K",
                                             "replace K 0 0 1\r\nx",
                                             "append K 0 0 1\r\nx",
                                             "delete K",
                                             "md K",
                                             "ms K 1 MR\r\nx",
                                             "cas K 0 0 1 7\r\nx",
                                             "ms K 1 C7\r\nx"};
  const std::vector<std::string> rows = {
      "cmd_get",       "cmd_set",     "cmd_touch",   "cmd_meta",   "get_misses", "touch_misses",
      "delete_misses", "incr_misses", "decr_misses", "cas_misses", "cas_badval"};
  const auto asked = [&](const std::string& prefix) {
    answer("stats reset\r\n");
    std::string said;
    for (std::size_t n = 0; n < requests.size(); ++n) {
      std::string request = requests[n];
      request.replace(request.find('K'), 1, prefix + ":" + std::to_string(n));
      said += answer(request + "\r\n");
    }
    for (const std::string& name : rows) said += name + " " + row(name) + "\n";
    const std::string detail = core_.ask("stats detail dump\r\n");
    return said + detail.substr(detail.find(" get "));
  };
  EXPECT_EQ(asked("cold"), asked("none"));
  core_.device.complete_all();
}

// While others end.
TEST_F(ColdItemsTest, OneReadThatIsLostStopsNobody) {
  core_.device.set_delayed(true);
  EXPECT_EQ(answer("mg key0 v\r\n"), "");
  for (std::size_t n = 1; n < 20; ++n) {
    pass(1);
    core_.session->feed("mg " + key_of(n) + " v\r\nmg " + key_of(n + 20) + " v\r\n");
    while (core_.device.pending() > 1) core_.device.complete(1);
    for (; !core_.woken.empty(); core_.woken.pop_front())
      core_.session->resume(core_.woken.front());
    EXPECT_EQ(core_.drain(), kHit + kHit);
  }
  core_.device.complete_all();
}

TEST_F(ColdItemsTest, AWriteThatNeverEndsIsSaid) {
  core_.device.set_delayed(true);
  for (std::size_t n = 1000; n < 2000; ++n) EXPECT_EQ(answer(set(n, kBytes)), "STORED\r\n");
  EXPECT_EQ(row("isocache_tier_stalled"), "0");
  pass(4);
  EXPECT_EQ(row("isocache_tier_stalled"), "1");
  EXPECT_NE(row("isocache_tier_not_appended"), "0");
  core_.device.complete_all();
  EXPECT_EQ(row("isocache_tier_stalled"), "0");
}

// --- reads that somebody else has begun -----------------------------------------------------

// A read of an older record of the key is under way.
TEST_F(ColdItemsTest, AReadOfAnOlderRecordIsNotShared) {
  core_.device.set_delayed(true);
  EXPECT_EQ(answer("mg key0 v\r\n"), "");
  ASSERT_EQ(core_.device.pending(), 1U);
  const std::string value(kBytes, 'n');
  EXPECT_EQ(answer("set key0 0 0 4000\r\n" + value + "\r\n"), "STORED\r\n");
  for (std::size_t n = 1000; n < 2000; ++n) {
    EXPECT_EQ(answer(set(n, kBytes)), "STORED\r\n");
    core_.backend.engine().tick(core_.clock.now_s);
    while (core_.device.pending() > 1) core_.device.complete(1);
  }
  EXPECT_EQ(answer("mg key0 v\r\n"), "");
  EXPECT_EQ(core_.device.pending(), 2U);
  EXPECT_EQ(core_.ask("mg key0 v\r\n"), "VA 4000\r\n" + value + "\r\n");
  core_.device.complete_all();
}

// --- the write budget -----------------------------------------------------------------------

std::uint64_t written_in_a_minute(std::uint64_t budget) {
  TieredCore core({.admission = {.bytes_each_time_unit = budget}});
  for (std::size_t n = 0; n < 12'000; ++n) {
    core.ask(set(n, 4000));
    if (n % 200 == 0) ++core.clock.now_s;
  }
  return core.tiering.figures().bytes_written;
}

TEST(TieringBudgetTest, BoundsWhatIsWritten) {
  EXPECT_GT(written_in_a_minute(0), 40U << 20);
  EXPECT_LT(written_in_a_minute(200'000), 16U << 20);
}

// --- memory ---------------------------------------------------------------------------------

TEST(TieringMemoryTest, TheIndexFollowsTheLimit) {
  TieredCore core({.memory_limit = 3U << 20});
  ASSERT_TRUE(core.backend.set_memory_limit(4U << 20));
  core.backend.engine().tick(++core.clock.now_s);
  for (std::size_t n = 0; n < 320'000; ++n) core.ask(set(n, 4));
  const TierFigures figures = core.tiering.figures();
  EXPECT_GT(figures.index_bytes, 36 * PageSource::kPageBytes);
}

TEST(TieringMemoryTest, ThePagesInStockFollowTheLimit) {
  TieredCore core({.memory_limit = 16U << 20});
  const std::uint64_t lent_bytes = core.tiering.figures().lent_bytes;
  ASSERT_GT(lent_bytes, 1U << 20);
  ASSERT_TRUE(core.backend.set_memory_limit(4U << 20));
  core.backend.engine().tick(++core.clock.now_s);
  core.ask("mn\r\n");
  EXPECT_LT(core.tiering.figures().lent_bytes, lent_bytes * 2 / 3);
}

// Its writer was told that the new value was not stored, and must not read the old one.
TEST(TieringMemoryTest, ASetWithoutMemoryLeavesNoRecord) {
  TieredCore core({.memory_limit = 1U << 20});
  for (std::size_t n = 0; n < 600; ++n) core.ask(set(n, kBytes));
  ASSERT_EQ(core.ask("mg key0 v\r\n"), kHit);
  // In two pieces, so that memory is asked for before the value is there.
  const std::string request = set(0, 900'000);
  core.session->feed(request.substr(0, 1000));
  EXPECT_EQ(core.drain() + core.ask(request.substr(1000)),
            "SERVER_ERROR out of memory storing object\r\n");
  EXPECT_EQ(core.ask("mg key0 v\r\n"), "EN\r\n");
}

// More than the log's pages in memory.
TEST(TieringMemoryTest, ItemsThatAreTooLargeAreCounted) {
  TieredCore core({.memory_limit = 8U << 20});
  for (std::size_t n = 0; n < 20; ++n) core.ask(set(n, 1'000'000));
  EXPECT_GT(core.tiering.figures().too_large, 5U);
  for (std::size_t n = 20; n < 40; ++n) core.ask(set(n, 800'000));
  const TierFigures figures = core.tiering.figures();
  EXPECT_LE(figures.too_large, 20U);
  EXPECT_LE(figures.not_appended, figures.too_large + 1);  // until the stock has grown
}

}  // namespace
}  // namespace isocache
