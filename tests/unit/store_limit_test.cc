// The worst case of a limit that is lowered: the store gets there in small steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

class LowerLimitTest : public StoreWorstTest {
 protected:
  static constexpr std::size_t kHigh = 48 * kMiB;
  static constexpr std::size_t kLow = 8 * kMiB;
  // 32 records at a time, 256 times; see kShrinkBatches.
  static constexpr std::uint64_t kMostInATick = 32U * 256U;
  // Four segments of these values.
  static constexpr std::size_t kLength = 200;
  static constexpr std::uint64_t kMostInAPut = 4U * limits::kSegmentBytes / kLength;

  void fill(int from, int count) {
    for (int i = from; i < from + count; ++i)
      put("k" + std::to_string(i), value_of(static_cast<std::size_t>(i), kLength));
  }
  // Items evicted by what it does.
  template <typename Act>
  std::uint64_t evicted_by(Act&& act) {
    const std::uint64_t before = store_->counters().evictions;
    act();
    return store_->counters().evictions - before;
  }
  std::size_t resident() const { return store_->memory_use().segment_bytes; }
};

TEST_F(LowerLimitTest, InSmallStepsDownToTheLimitAndUpAgain) {
  open({.memory_limit = kHigh});
  fill(0, 220'000);
  ASSERT_GT(resident(), kHigh * 9 / 10);
  EXPECT_EQ(evicted_by([&] { ASSERT_TRUE(store_->set_memory_limit(kLow)); }), 0U);
  int ticks = 0;
  for (bool more = true; more; ++ticks) {
    EXPECT_LE(evicted_by([&] { more = store_->tick(now_s_); }), kMostInATick);
    EXPECT_LE(evicted_by([&] { fill(300'000 + ticks, 1); }), kMostInAPut);
    ASSERT_LT(ticks, 10'000);
  }
  EXPECT_GT(ticks, 10);
  EXPECT_LE(resident(), kLow);
  EXPECT_GE(memory_->discarded_bytes(), kHigh * 9 / 10 - kLow);
  fill(310'000, 100'000);
  EXPECT_LE(resident(), kLow) << "and it stays there";
  EXPECT_GT(store_->memory_use().item_bytes, kLow * 7 / 10);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  count_missing();

  const std::size_t allocated = memory_->allocated_bytes();
  ASSERT_TRUE(store_->set_memory_limit(kHigh));
  held_.clear();
  fill(500'000, 150'000);
  EXPECT_GT(resident(), kHigh * 8 / 10);
  EXPECT_LE(memory_->allocated_bytes(), std::max(allocated, kHigh))
      << "what was given back is used again";
  EXPECT_EQ(count_missing(), 0U);
}

// Clients that write do not wait for the background work.
TEST_F(LowerLimitTest, WithoutTicksNoPutDoesMuch) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_LE(evicted_by([&] { fill(300'000 + i, 1); }), kMostInAPut);
  }
}

TEST_F(LowerLimitTest, WhileReadersHoldSegments) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  pin_some();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  unpin_all();
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  fill(400'000, 50'000);
  EXPECT_LE(resident(), kLow);
  count_missing();
}

TEST_F(LowerLimitTest, AfterAFlush) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  store_->flush();
  held_.clear();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  EXPECT_EQ(store_->item_count(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  fill(0, 10'000);
  EXPECT_EQ(count_missing(), 0U);
}

TEST_F(LowerLimitTest, WithoutEvictionNothingIsDropped) {
  open({.memory_limit = kHigh, .evict = false});
  fill(0, 150'000);
  const std::size_t stored = held_.size();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  // A store above its limit accepts almost nothing.
  fill(300'000, 5'000);
  EXPECT_LT(held_.size(), stored + 2000);
  EXPECT_EQ(count_missing(), 0U);
  for (int i = 0; i < 150'000; ++i) {
    if (i % 10 != 0) remove("k" + std::to_string(i));
  }
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
}

}  // namespace
}  // namespace isocache
