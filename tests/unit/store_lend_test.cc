// Segments that a store lends its host count into the limit, and items make room for them.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "unit/store_fixture.h"

namespace isocache {
namespace {

class StoreLendTest : public StoreTest {
 protected:
  static constexpr std::size_t kLimit = 4U << 20;
  static constexpr std::size_t kItemBytes = 500;

  // As many as the store lends.
  std::vector<Store::Lent> borrow(bool evict, std::size_t most) {
    std::vector<Store::Lent> lent;
    while (lent.size() < most) {
      const Store::Lent segment = store_->lend_segment(evict);
      if (segment.not_yet) continue;
      if (segment.bytes == nullptr) break;
      std::memset(segment.bytes, 'x', limits::kSegmentBytes);
      lent.push_back(segment);
    }
    return lent;
  }
};

TEST_F(StoreLendTest, LentSegmentsCountIntoTheLimit) {
  fill(20'000, kItemBytes);
  const std::uint64_t before = store_->item_count();
  const auto lent = borrow(true, 32);
  ASSERT_EQ(lent.size(), 32U);
  EXPECT_EQ(store_->memory_use().lent_bytes, 32 * limits::kSegmentBytes);
  fill(20'000, kItemBytes);
  EXPECT_LE(memory_->allocated_bytes(), kLimit);
  EXPECT_LT(store_->item_count(), before * 6 / 10);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);

  for (const Store::Lent& segment : lent) {
    EXPECT_EQ(segment.bytes[0], std::byte{'x'});
    EXPECT_EQ(segment.bytes[limits::kSegmentBytes - 1], std::byte{'x'});
    store_->take_back(segment.id);
  }
  EXPECT_EQ(store_->memory_use().lent_bytes, 0U);
  fill(20'000, kItemBytes);
  EXPECT_GT(store_->item_count(), before * 95 / 100);
}

TEST_F(StoreLendTest, WithoutEvictionOnlyWhatIsToSpare) {
  EXPECT_EQ(borrow(false, 4).size(), 4U);
  fill(20'000, kItemBytes);
  const std::uint64_t evictions = store_->counters().evictions;
  EXPECT_TRUE(borrow(false, 1).empty());
  EXPECT_EQ(store_->counters().evictions, evictions);
}

TEST_F(StoreLendTest, EvictionLeavesAStoreThatWorks) {
  fill(20'000, kItemBytes);
  const auto lent = borrow(true, 1000);
  EXPECT_GT(lent.size(), 40U);
  EXPECT_LT(lent.size(), kLimit / limits::kSegmentBytes);
  fill(100, kItemBytes, "more");
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  store_->take_back(lent.back().id);
  EXPECT_EQ(put("k", std::string(kItemBytes, 'v')), PutStatus::kStored);
}

// What is evicted for a segment is spread over several calls, so that none is long.
TEST_F(StoreLendTest, EvictionIsSpreadOverCalls) {
  fill(20'000, kItemBytes);
  std::size_t later = 0;
  for (std::size_t lent = 0; lent < 16;) {
    const std::uint64_t items = store_->item_count();
    const Store::Lent segment = store_->lend_segment(true);
    EXPECT_LE(items - store_->item_count(), (32U << 10) / kItemBytes);
    ASSERT_NE(segment.not_yet, segment.bytes != nullptr);
    later += segment.not_yet ? 1U : 0U;
    lent += segment.not_yet ? 0U : 1U;
  }
  EXPECT_GE(later, 8U);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
}

// Everything was read, and goes on instead of being evicted: not for ever.
TEST_F(StoreLendTest, ThereIsASegmentInTheEndThoughAllWasRead) {
  fill(20'000, kItemBytes);
  for (std::size_t n = 0; n < 20'000; ++n) get("key" + std::to_string(n));
  std::size_t calls = 0;
  for (std::size_t lent = 0; lent < 32; ++calls) {
    ASSERT_LT(calls, 3'000U);
    lent += store_->lend_segment(true).bytes != nullptr ? 1U : 0U;
  }
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
}

TEST_F(StoreLendTest, WithoutEvictionThereIsNone) {
  open({.memory_limit = kLimit, .evict = false});
  fill(20'000, kItemBytes);
  const std::uint64_t items = store_->item_count();
  const Store::Lent segment = store_->lend_segment(true);
  EXPECT_EQ(segment.bytes, nullptr);
  EXPECT_FALSE(segment.not_yet);
  EXPECT_EQ(store_->item_count(), items);
}

TEST_F(StoreLendTest, ALimitBelowWhatIsLentIsRefused) {
  open({.memory_limit = 16U << 20});
  const auto lent = borrow(true, 64);
  ASSERT_EQ(lent.size(), 64U);
  EXPECT_FALSE(store_->set_memory_limit(4U << 20));
  EXPECT_TRUE(store_->set_memory_limit(8U << 20));
}

}  // namespace
}  // namespace isocache
