// Time: a wall clock that somebody sets, and the years in which numbers run out of bits.

#include <gtest/gtest.h>

#include <string>

#include "unit/core_fixture.h"

namespace isocache {
namespace {

constexpr UnixSeconds kStart = TestCore::kStart;
constexpr std::int64_t kHours = 3600;
constexpr UnixSeconds kLast31Bit = 0x7FFFFFFF;  // 2038-01-19 03:14:07
constexpr UnixSeconds k2050 = 2524608000;       // 2050-01-01
constexpr UnixSeconds k2105 = 4260211200;       // 2105-01-01
constexpr UnixSeconds kEnd = 0xFFFFFFFF;        // 2106-02-07 06:28:15
constexpr UnixSeconds k31Days = 31 * 24 * 3600;

std::string at(std::int64_t seconds) { return std::to_string(seconds); }
std::string set(std::string_view key, std::int64_t exptime) {
  return "set " + std::string(key) + " 0 " + at(exptime) + " 1\r\nx\r\n";
}

class SteppedClock : public testing::TestWithParam<std::int64_t> {
 protected:
  SteppedClock() { core.clock.wall_minus_now_s = GetParam(); }
  std::int64_t wall() const { return core.clock.wall_s(); }
  TestCore core;
};

// An hour, a time zone, a leap second; a machine whose clock began in 1970.
INSTANTIATE_TEST_SUITE_P(By, SteppedClock,
                         testing::Values(kHours, -kHours, 14 * kHours, -12 * kHours, 1, -1,
                                         400 * 24 * kHours, -400 * 24 * kHours));

TEST_P(SteppedClock, IsNotNoticedByTtls) {
  core.clock.wall_minus_now_s = 0;
  core.ask(set("before", 100) + set("never", 0));
  core.clock.wall_minus_now_s = GetParam();
  core.ask(set("after", 100));
  EXPECT_EQ(core.ask("mg before t\r\nmg after t\r\nmg never t\r\n"),
            "HD t100\r\nHD t100\r\nHD t-1\r\n");
  core.clock.now_s += 99;
  EXPECT_EQ(core.ask("mg before t\r\nmg after t l\r\n"), "HD t1\r\nHD t1 l99\r\n");
  core.clock.now_s += 1;
  EXPECT_EQ(core.ask("mg before\r\nmg after\r\nmg never\r\n"), "EN\r\nEN\r\nHD\r\n");
}

TEST_P(SteppedClock, DatesAreTheWallClocks) {
  const std::string date = at(wall() + 100);
  core.ask(set("a", wall() + 100) + set("b", 0) + set("c", 0) + set("d", 0) + set("e", 0));
  core.ask("touch b " + date + "\r\ngat " + date + " c d\r\nmd e I T" + date + "\r\n");
  core.ask("ms f 1 T" + date + "\r\nx\r\nmg g N" + date + "\r\nma h N" + date + "\r\n");
  core.ask("ms i 1 MA N" + date + "\r\nx\r\n");
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) {
    EXPECT_EQ(core.ask("mg " + std::string(key) + " t\r\n").substr(0, 7), "HD t100") << key;
  }
  core.clock.now_s += 100;
  EXPECT_EQ(core.ask("get a b c d e f g h i\r\n"), "END\r\n");

  core.ask(set("past", wall() - 1) + set("now", wall()));
  EXPECT_EQ(core.ask("get past now\r\n"), "END\r\n");
}

TEST_P(SteppedClock, TheRightToRecacheMayBeADate) {
  core.ask(set("k", 100));
  EXPECT_EQ(core.ask("mg k R" + at(wall() + 100) + "\r\n"), "HD\r\n");
  EXPECT_EQ(core.ask("mg k R" + at(wall() + 101) + "\r\n"), "HD W\r\n");
}

TEST_P(SteppedClock, AValueThatTakesItsTimeKeepsItsDate) {
  const std::string line = "set big 0 " + at(wall() + 100) + " 100000\r\n";
  EXPECT_EQ(core.ask(line + std::string(60000, 'x')), "");
  core.clock.now_s += 40;
  EXPECT_EQ(core.ask(std::string(40000, 'x') + "\r\nmg big t s\r\n"),
            "STORED\r\nHD t60 s100000\r\n");
}

TEST_P(SteppedClock, AFlushMayBeADate) {
  core.ask(set("k", 0) + "flush_all " + at(wall() + 100) + "\r\n");
  core.clock.now_s += 99;
  EXPECT_EQ(core.ask("mg k\r\n"), "HD\r\n");
  core.clock.now_s += 1;
  EXPECT_EQ(core.ask("mg k\r\n"), "EN\r\n");
}

TEST_P(SteppedClock, DatesAreShownByTheWallClock) {
  core.ask(set("k", 100));
  EXPECT_NE(core.ask("stats\r\n").find("STAT time " + at(wall()) + "\r\n"), std::string::npos);
  EXPECT_NE(core.ask("lru_crawler metadump all\r\n")
                .find("key=k exp=" + at(wall() + 100) + " la=" + at(wall()) + " "),
            std::string::npos);
  EXPECT_EQ(core.ask("stats cachedump 1 0\r\n"),
            "ITEM k [1 b; " + at(wall() + 100) + " s]\r\nEND\r\n");
  EXPECT_EQ(core.ask("me k\r\n").substr(0, 17), "ME k exp=100 la=0");
}

// The store's time may begin anywhere. A date within its first 30 days must not be taken for a TTL.
TEST(Clock, MayCountFromTheStart) {
  TestCore core;
  core.clock = {1000, std::int64_t{kStart} - 1000};
  core.ask(set("k", kStart + 100) + set("past", kStart - 100));
  EXPECT_EQ(core.ask("mg k t\r\nmg past\r\n"), "HD t100\r\nEN\r\n");
  core.clock.now_s += 100;
  EXPECT_EQ(core.ask("mg k\r\n"), "EN\r\n");
}

class LateClock : public testing::TestWithParam<UnixSeconds> {
 protected:
  LateClock() { core.clock.now_s = GetParam(); }
  TestCore core;
};

INSTANTIATE_TEST_SUITE_P(At, LateClock,
                         testing::Values(kLast31Bit - 1, kLast31Bit, kLast31Bit + 1, k2050, k2105));

TEST_P(LateClock, TtlsLastAsLongAsTheySay) {
  core.ask(set("k", 100) + set("month", 2592000) + set("never", 0) + set("gone", -1));
  EXPECT_EQ(core.ask("mg k t\r\nmg month t\r\nmg never t\r\nmg gone t\r\n"),
            "HD t100\r\nHD t2592000\r\nHD t-1\r\nEN\r\n");
  core.clock.now_s += 99;
  EXPECT_EQ(core.ask("mg k t\r\n"), "HD t1\r\n");
  core.clock.now_s += 1;
  EXPECT_EQ(core.ask("mg k\r\nmg month t\r\n"), "EN\r\nHD t2591900\r\n");
  EXPECT_NE(core.ask("stats\r\n").find("STAT time " + at(core.clock.now_s) + "\r\n"),
            std::string::npos);
}

// Before that day, memcached's replies: an error, or for a storage command a number that wraps
// around.
TEST_P(LateClock, DatesHave32BitsFrom2038On) {
  const bool late = GetParam() >= kLast31Bit;
  const std::int64_t date = std::int64_t{GetParam()} + k31Days;
  core.ask(set("a", date) + set("b", 0));
  EXPECT_EQ(core.ask("mg a t\r\n"), late ? "HD t2678400\r\n" : "EN\r\n");
  EXPECT_EQ(core.ask("touch b " + at(date) + "\r\n"),
            late ? "TOUCHED\r\n" : "CLIENT_ERROR invalid exptime argument\r\n");
  EXPECT_EQ(core.ask("gat " + at(date) + " b\r\n"),
            late ? "VALUE b 0 1\r\nx\r\nEND\r\n" : "CLIENT_ERROR invalid exptime argument\r\n");
  EXPECT_EQ(core.ask("ms c 1 T" + at(date) + "\r\nx\r\n"),
            late ? "HD\r\n" : "CLIENT_ERROR bad token in command line format\r\n");
  EXPECT_EQ(core.ask("flush_all " + at(date) + "\r\n"),
            late ? "OK\r\n" : "CLIENT_ERROR invalid exptime argument\r\n");
  EXPECT_EQ(core.ask("mg b t\r\n"), late ? "HD t2678400\r\n" : "HD t-1\r\n");
  EXPECT_EQ(core.ask("touch b 4294967296\r\n"), "CLIENT_ERROR invalid exptime argument\r\n");
  // One that is over by now.
  core.ask(set("past", std::int64_t{GetParam()} - 100));
  EXPECT_EQ(core.ask("mg past\r\n"), "EN\r\n");
}

// What would expire after the last second does so in it, and never comes back.
TEST(Clock, EndsIn2106) {
  TestCore core;
  core.clock.now_s = kEnd - 50;
  core.ask(set("k", 100) + set("ten", 10) + set("never", 0));
  EXPECT_EQ(core.ask("mg k t\r\nmg ten t\r\n"), "HD t50\r\nHD t10\r\n");
  core.clock.now_s = kEnd;
  EXPECT_EQ(core.ask("mg k\r\nmg ten\r\nmg never t\r\n"), "EN\r\nEN\r\nHD t-1\r\n");
  core.ask(set("late", 100));
  EXPECT_EQ(core.ask("mg late\r\n"), "EN\r\n");
  EXPECT_EQ(core.ask(set("k", 0) + "mg k t v\r\n"), "STORED\r\nVA 1 t-1\r\nx\r\n");
}

TEST(Clock, StandsStillWhereItEnds) {
  EXPECT_EQ(unix_seconds(-1), 0U);
  EXPECT_EQ(unix_seconds(kEnd), kEnd);
  EXPECT_EQ(unix_seconds(std::int64_t{kEnd} + 1), kEnd);
  EXPECT_EQ((Clock{kEnd - 1, 100}).wall_s(), kEnd);
  EXPECT_EQ((Clock{50, -100}).wall_s(), 0U);
}

}  // namespace
}  // namespace isocache
