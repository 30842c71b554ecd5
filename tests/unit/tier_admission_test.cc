#include <gtest/gtest.h>

#include <cstdint>

#include "support/random.h"
#include "tier/admission.h"

namespace isocache {
namespace {

using Candidate = Admission::Candidate;
constexpr std::size_t kItemBytes = 500;

constexpr Candidate kCold{
    .bytes = kItemBytes, .was_hit = false, .ghost_knows = false, .tier_full = true};
constexpr Candidate kEarly{.bytes = kItemBytes};
constexpr Candidate kHit{
    .bytes = kItemBytes, .was_hit = true, .ghost_knows = false, .tier_full = true};
constexpr Candidate kReturned{
    .bytes = kItemBytes, .was_hit = false, .ghost_knows = true, .tier_full = true};

int admitted_of(Admission& admission, const Candidate& candidate, int candidates) {
  int admitted = 0;
  for (int i = 0; i < candidates; ++i) admitted += admission.admits(candidate) ? 1 : 0;
  return admitted;
}

TEST(Admission, EverythingUntilTheTierIsFullForTheFirstTime) {
  Admission admission;
  EXPECT_EQ(admitted_of(admission, kEarly, 1000), 1000);
  EXPECT_LT(admitted_of(admission, kCold, 1000), 80);
  EXPECT_LT(admitted_of(admission, kEarly, 1000), 80);
  admission.on_emptied();
  EXPECT_EQ(admitted_of(admission, kEarly, 1000), 1000);
  EXPECT_LT(admitted_of(admission, kCold, 1000), 80);
}

TEST(Admission, WhatWasHitHalfOfWhatCameBackAndAShareOfTheRest) {
  Admission admission;
  EXPECT_EQ(admitted_of(admission, kHit, 1000), 1000);
  EXPECT_NEAR(admitted_of(admission, kReturned, 100'000), 50'000, 800);
  EXPECT_NEAR(admitted_of(admission, kCold, 100'000), 5'000, 300);

  Admission none(AdmissionOptions{.share = 0});
  EXPECT_EQ(admitted_of(none, kCold, 1000), 0);
  EXPECT_NEAR(admitted_of(none, kReturned, 100'000), 50'000, 800);
  Admission all(AdmissionOptions{.share = 1});
  EXPECT_EQ(admitted_of(all, kCold, 1000), 1000);
  EXPECT_EQ(admitted_of(all, kReturned, 1000), 1000);
}

TEST(Admission, TheShareMayChange) {
  Admission admission;
  admission.set_share(0);
  EXPECT_EQ(admitted_of(admission, kEarly, 1000), 1000);  // nothing is full yet
  EXPECT_EQ(admitted_of(admission, kCold, 1000), 0);
  EXPECT_EQ(admitted_of(admission, kHit, 1000), 1000);
  admission.set_share(1);
  EXPECT_EQ(admitted_of(admission, kCold, 1000), 1000);
  admission.set_share(0.2);
  EXPECT_NEAR(admitted_of(admission, kCold, 100'000), 20'000, 600);
}

TEST(Admission, RepeatsItselfWithTheSameSeed) {
  Admission one(AdmissionOptions{.seed = 5});
  Admission other(AdmissionOptions{.seed = 5});
  Admission different(AdmissionOptions{.seed = 6});
  int differences = 0;
  for (int i = 0; i < 1000; ++i) {
    const bool admitted = one.admits(kCold);
    EXPECT_EQ(admitted, other.admits(kCold));
    differences += admitted != different.admits(kCold) ? 1 : 0;
  }
  EXPECT_GT(differences, 0);
}

// Candidates arrive by the second; each one that is admitted is written.
class BudgetTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBudget = 100 * kItemBytes;

  // How many items were written in so many seconds.
  std::uint64_t run(unsigned seconds, unsigned cold, unsigned hit, unsigned other_writes = 0) {
    std::uint64_t items = 0;
    for (unsigned s = 0; s < seconds; ++s) {
      admission.on_time(++now);
      for (unsigned i = 0; i < cold + hit; ++i) {
        if (admission.admits(random.below(cold + hit) < cold ? kCold : kHit)) {
          ++items;
          admission.on_written(kItemBytes);
        }
      }
      admission.on_written(kItemBytes * other_writes);
    }
    return items;
  }

  Admission admission{AdmissionOptions{.share = 0.1, .bytes_each_time_unit = kBudget}};
  Random random{1};
  std::uint64_t now = 1'000'000;
};

TEST_F(BudgetTest, ChangesNothingWhileThereIsRoomInIt) {
  EXPECT_NEAR(static_cast<double>(run(200, 500, 20)), 200 * 70, 800);
  EXPECT_EQ(admission.share(), 0.1);
}

TEST_F(BudgetTest, ShareGivesWayToWhatWasHit) {
  run(100, 5000, 50);
  const std::uint64_t items = run(200, 5000, 50);
  EXPECT_LE(items, 200U * 100);
  EXPECT_GE(items, 200U * 80);
  EXPECT_LT(admission.share(), 0.012);
  // What was hit has not been refused.
  EXPECT_EQ(admitted_of(admission, kHit, 50), 50);
  // The share comes back.
  run(100, 100, 10);
  EXPECT_EQ(admission.share(), 0.1);
}

TEST_F(BudgetTest, HoldsWhateverComes) {
  run(100, 5000, 500);
  const std::uint64_t items = run(200, 5000, 500);
  EXPECT_LE(items, 201U * 100);
  EXPECT_GE(items, 190U * 100);
}

TEST_F(BudgetTest, CountsWritesThatNobodyAskedFor) {
  run(100, 5000, 50, 80);  // records that are written again
  const std::uint64_t items = run(200, 5000, 50, 80);
  EXPECT_LE(items, 200U * 25);
}

TEST_F(BudgetTest, HoldsWhileTheTierFills) {
  std::uint64_t written = 0;
  for (unsigned s = 0; s < 100; ++s) {
    admission.on_time(++now);
    for (int i = 0; i < 1000; ++i) {
      if (!admission.admits(kEarly)) continue;
      ++written;
      admission.on_written(kItemBytes);
    }
  }
  EXPECT_LE(written, 102U * 100);
}

TEST_F(BudgetTest, WhatWasHitGoesFirstWhileTheTierFills) {
  constexpr Candidate kEarlyHit{.bytes = kItemBytes, .was_hit = true};
  int refused = 0;
  for (unsigned s = 0; s < 200; ++s) {
    admission.on_time(++now);
    for (int i = 0; i < 1000; ++i) {
      const bool hit = i % 20 == 0;
      const bool admitted = admission.admits(hit ? kEarlyHit : kEarly);
      if (admitted) admission.on_written(kItemBytes);
      if (s >= 100 && hit && !admitted) ++refused;
    }
  }
  EXPECT_LT(refused, 50);  // of 5,000
}

TEST_F(BudgetTest, QuietTimesAreSavedUpToABound) {
  run(1, 10, 10);
  now += 100'000;
  const std::uint64_t items = run(1, 0, 100'000);
  EXPECT_LE(items, 18U * 100);
  EXPECT_GE(items, 15U * 100);
}

TEST_F(BudgetTest, AnItemThatIsTooLargeForItIsRefused) {
  Candidate large = kHit;
  large.bytes = 2 * kBudget;
  admission.on_time(++now);
  EXPECT_FALSE(admission.admits(large));
  EXPECT_TRUE(admission.admits(kHit));
  admission.on_time(now += 2);
  EXPECT_TRUE(admission.admits(large));
}

TEST_F(BudgetTest, ASteeredShareStaysWhenTheSameOneIsSetAgain) {
  run(100, 5000, 50);
  const double share = admission.share();
  EXPECT_LT(share, 0.1);
  admission.set_share(0.1);
  EXPECT_EQ(admission.share(), share);
}

TEST_F(BudgetTest, TimeThatStandsStillOrGoesBackIsNoHarm) {
  run(10, 1000, 10);
  const double share = admission.share();
  admission.on_time(now);
  admission.on_time(now - 5);
  EXPECT_EQ(admission.share(), share);
}

}  // namespace
}  // namespace isocache
