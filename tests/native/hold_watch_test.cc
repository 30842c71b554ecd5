// Connections that hold memory that others want, and hardly move.
#include "native/connection/hold_watch.h"

#include <gtest/gtest.h>

namespace isocache {
namespace {

constexpr std::uint64_t kHeld = 1'000'000;

TEST(HoldWatch, StandsStillForFiveSeconds) {
  HoldWatch watch;
  for (UnixSeconds s = 100; s < 105; ++s) EXPECT_FALSE(watch.look(kHeld, 7, s)) << s;
  EXPECT_TRUE(watch.look(kHeld, 7, 105));
  EXPECT_FALSE(watch.look(0, 7, 106));
  EXPECT_FALSE(watch.look(kHeld, 7, 107)) << "it holds something else now";
}

TEST(HoldWatch, WhoMovesFastEnoughStays) {
  HoldWatch watch;
  for (UnixSeconds s = 100; s < 160; ++s) {
    EXPECT_FALSE(watch.look(kHeld, (s - 100) * 52'000, s)) << s;
  }
}

TEST(HoldWatch, WhoTricklesDoesNot) {
  HoldWatch watch;
  UnixSeconds s = 100;
  while (s < 160 && !watch.look(kHeld, (s - 100) * 1000, s)) ++s;
  EXPECT_EQ(s, 105U);
}

TEST(HoldWatch, WhoHasWaitedGoesOnAtOnce) {
  HoldWatch watch;
  for (int n = 0; n < 3; ++n) watch.note_wait();
  EXPECT_FALSE(watch.look(0, 0, 100));
  EXPECT_FALSE(watch.look(kHeld, 0, 101));
  EXPECT_FALSE(watch.look(kHeld, 0, 102));
  EXPECT_TRUE(watch.look(kHeld, 0, 103));
}

// It has to keep the same pace, and once it moves it has as much time as other connections.
TEST(HoldWatch, WhoHasWaitedAndMovesStays) {
  HoldWatch watch;
  watch.note_wait();
  for (UnixSeconds s = 100; s < 110; ++s) {
    EXPECT_FALSE(watch.look(kHeld, (s - 100) * 52'000, s)) << s;
  }
  const std::uint64_t moved = 9 * 52'000;
  UnixSeconds s = 110;
  while (s < 160 && !watch.look(kHeld, moved, s)) ++s;
  EXPECT_GE(s, 112U);
  EXPECT_LE(s, 114U);
}

}  // namespace
}  // namespace isocache
