// Work that the store does bit by bit: flushing, expiry, shrinking to a lower limit.
#include <gtest/gtest.h>

#include <string>

#include "unit/store_fixture.h"

namespace isocache {
namespace {

class StoreBackgroundTest : public StoreTest {};

TEST_F(StoreBackgroundTest, FlushHidesAtOnceAndMemoryComesBack) {
  fill(3000, 500);
  store_->flush();
  const FindResult found = store_->find(key("fill7"), now_s_);
  EXPECT_FALSE(found.item);
  EXPECT_EQ(found.miss, Miss::kFlushed);
  put("new", "value");
  while (store_->tick(now_s_)) {
  }
  EXPECT_EQ(store_->item_count(), 1U);
  EXPECT_EQ(get("new"), "value");
  EXPECT_LT(store_->memory_use().item_bytes, 1000U);
}

// As memcached's LRU maintainer does at its queues' ends, and its crawler elsewhere.
TEST_F(StoreBackgroundTest, TheBackgroundFindsExpiredItems) {
  for (const bool maintains_ends : {true, false}) {
    StoreOptions options;
    options.maintains_ends = maintains_ends;
    open(options);
    for (int i = 0; i < 4000; ++i)
      put("k" + std::to_string(i), "v", {.exptime = i % 2 == 0 ? 1010U : 0U});
    now_s_ = 1010;
    while (store_->tick(now_s_)) {
    }
    EXPECT_EQ(store_->item_count(), 2000U);
    const StoreCounters& counters = store_->counters();
    EXPECT_EQ(counters.crawler_reclaimed + counters.reclaimed, 2000U);
    EXPECT_EQ(counters.expired_unfetched, 2000U);
    EXPECT_EQ(counters.reclaimed > 0, maintains_ends);
    EXPECT_GT(counters.crawler_reclaimed, 0U);
    const BandEvents& events = counters.bands[Store::band_of(2, 1)];
    EXPECT_EQ(events.reclaimed, counters.reclaimed);
    EXPECT_EQ(events.crawler_reclaimed, counters.crawler_reclaimed);
    now_s_ = 1000;
  }
}

TEST_F(StoreBackgroundTest, AShortenedTtlIsFoundToo) {
  put("k", "v", {.exptime = 5000});
  find("k").set_exptime(1001);
  now_s_ = 1001;
  while (store_->tick(now_s_)) {
  }
  EXPECT_EQ(store_->item_count(), 0U);
}

TEST_F(StoreBackgroundTest, ASmallerLimitIsReached) {
  fill(30'000, 100);
  ASSERT_TRUE(store_->set_memory_limit(2U << 20));
  while (store_->tick(now_s_)) {
  }
  EXPECT_LE(store_->memory_use().item_bytes, 2U << 20);
  EXPECT_FALSE(store_->set_memory_limit(1000));
  ASSERT_TRUE(store_->set_memory_limit(4U << 20));
  fill(30'000, 100, "again");
  EXPECT_GT(store_->memory_use().item_bytes, 3U << 20);
}

}  // namespace
}  // namespace isocache
