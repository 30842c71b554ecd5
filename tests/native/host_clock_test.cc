// The host's two clocks, set by hand.

#include "native/base/host_clock.h"

#include <gtest/gtest.h>

namespace isocache {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kStart = 1800000000;

// Nanoseconds, and how long each reading of a clock takes.
std::int64_t real_ns = 0;
std::int64_t monotonic_ns = 0;
std::int64_t reading_ns = 0;

std::int64_t turned(clockid_t clock) {
  real_ns += reading_ns;
  monotonic_ns += reading_ns;
  return clock == CLOCK_REALTIME ? real_ns : monotonic_ns;
}

class HostClockTest : public testing::Test {
 protected:
  HostClockTest() {
    real_ns = kStart * kSecond_ns;
    monotonic_ns = 5000 * kSecond_ns;
    reading_ns = 0;
  }
  static void pass(std::int64_t ns) {
    real_ns += ns;
    monotonic_ns += ns;
  }
};

TEST_F(HostClockTest, GoesOnEvenlyWhenTheWallClockSteps) {
  const HostClock clock(turned);
  EXPECT_EQ(clock.now().clock.now_s, kStart);
  EXPECT_EQ(clock.now().clock.wall_minus_now_s, 0);
  pass(10 * kSecond_ns);
  for (const std::int64_t hours : {1, 14, -12, -400 * 24, 0}) {
    real_ns = (kStart + 10 + hours * 3600) * kSecond_ns;
    const HostClock::Now now = clock.now();
    EXPECT_EQ(now.clock.now_s, kStart + 10);
    EXPECT_EQ(now.monotonic_ms, 5010'000);
    EXPECT_EQ(now.clock.wall_minus_now_s, hours * 3600);
    EXPECT_EQ(now.clock.wall_s(), kStart + 10 + hours * 3600);
  }
}

// If a second begins between the two readings, that is no step.
TEST_F(HostClockTest, ReadsItsTwoClocksOneAfterTheOther) {
  const HostClock clock(turned);
  reading_ns = 50'000;
  for (int i = 0; i < 1000; ++i) {
    pass(999'000'000);
    ASSERT_EQ(clock.now().clock.wall_minus_now_s, 0);
  }
}

TEST_F(HostClockTest, StandsStillAfter2106) {
  const HostClock clock(turned);
  pass(std::int64_t{0xFFFFFFFF} * kSecond_ns);
  EXPECT_EQ(clock.now().clock.now_s, 0xFFFFFFFF);
  EXPECT_EQ(clock.now().clock.wall_s(), 0xFFFFFFFF);
}

TEST(HostClock, ReadsTheSystems) {
  const std::time_t before = std::time(nullptr);
  const HostClock::Now now = HostClock().now();
  EXPECT_GE(now.clock.wall_s(), before - 1);
  EXPECT_LE(now.clock.wall_s(), std::time(nullptr) + 1);
  EXPECT_EQ(now.clock.wall_minus_now_s, 0);
}

}  // namespace
}  // namespace isocache
