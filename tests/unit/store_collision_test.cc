// Worst cases of keys that collide: more keys with one hash than a page of the index can hold.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

// --- keys of one hash --------------------------------------------------------------------------

// Pieces find their item, and evicted records their entry, by location.
TEST_F(StoreWorstTest, ChainedItemsOfOneHash) {
  open({.memory_limit = 4 * kMiB, .hash_key = {.mask = 0}});
  for (std::size_t round = 0; round < 400; ++round) {
    const std::string name = "k" + std::to_string(round * 7 % 50);
    put(name, value_of(round, 20'000 + round % 5 * 40'000));
    if (const Item item = find("k" + std::to_string(round % 13))) store_->on_hit(item, now_s_);
    if (round % 11 == 0) remove("k" + std::to_string(round % 50));
    if (round % 20 == 0) {
      ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
      count_missing();
    }
  }
  EXPECT_GT(store_->counters().evictions, 50U);
  EXPECT_GT(store_->counters().promoted, 10U);
}

// The same when there is no room to move records to.
TEST_F(StoreWorstTest, ChainedItemsOfOneHashThatCannotMove) {
  open({.memory_limit = 4 * kMiB, .hash_key = {.mask = 0}});
  memory_->set_most_bytes(kMiB);  // a source that is dry at a quarter of the limit
  for (std::size_t round = 0; round < 400; ++round) {
    put("k" + std::to_string(round * 7 % 30), value_of(round, 9'000 + round % 5 * 30'000));
    for (const auto& [name, value] : held_) {
      if (const Item item = find(name)) store_->on_hit(item, now_s_);
    }
    if (round % 3 == 0) {
      unpin_all();
      pin_some();
    }
    ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
    count_missing();
  }
  unpin_all();
  EXPECT_GT(store_->counters().evictions, 20U);
}

// --- keys of one page --------------------------------------------------------------------------

// With a weak hash a page takes 80 entries of one bucket.
class CrowdedIndexTest : public StoreWorstTest, public ::testing::WithParamInterface<bool> {};

TEST_P(CrowdedIndexTest, TakesAnyNumberOfKeysOfOneBucket) {
  constexpr int kKeys = 3000;
  open({.memory_limit = 32 * kMiB, .hash_key = {.mask = 0}, .evict = GetParam()});
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), "v" + std::to_string(i)), PutStatus::kStored) << i;
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_GE(store_->memory_use().index_bytes, kKeys / 80 * limits::kSegmentBytes)
      << "what the index takes beyond its pages counts";
  EXPECT_LE(store_->memory_use().segment_bytes, 32 * kMiB);
  for (int i = 0; i < kKeys; i += 3) remove("k" + std::to_string(i));
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->item_count(), held_.size());
}

TEST_P(CrowdedIndexTest, GrowsAndGivesBack) {
  open({.memory_limit = 64 * kMiB, .hash_key = hash_key_of(3), .evict = GetParam()});
  // Keys of the table's lowest eighth: on one page, until there are eight.
  std::vector<std::string> crowd;
  for (int i = 0; crowd.size() < 20'000; ++i) {
    std::string name = "crowd" + std::to_string(i);
    if (key(name).hash >> 61U == 0) crowd.push_back(std::move(name));
  }
  for (const std::string& name : crowd) ASSERT_EQ(put(name, name), PutStatus::kStored);
  tick_to_the_end();
  EXPECT_FALSE(store_->index_stats().growing);
  EXPECT_GE(store_->memory_use().index_bytes, 2 * limits::kSegmentBytes)
      << "the one page has a spill page";
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(put("other" + std::to_string(i), "o"), PutStatus::kStored);
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  for (const std::string& name : crowd) remove(name);
  const std::uint64_t buckets = store_->index_stats().buckets;
  for (int i = 0; store_->index_stats().buckets == buckets || store_->index_stats().growing; ++i) {
    ASSERT_LT(i, 200'000);
    ASSERT_EQ(put("spread" + std::to_string(i), "s"), PutStatus::kStored);
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_LE(store_->memory_use().index_bytes / 64, store_->index_stats().buckets);
}

// While the table grows, lookups and changes use the right one of two pages, with spills in both.
TEST_P(CrowdedIndexTest, ManyKeysOfFewBucketsWhileItGrows) {
  open({.memory_limit = 64 * kMiB, .hash_key = weak_hash_key(1), .evict = GetParam()});
  bool grew = false;
  for (std::size_t i = 0; i < 12'000; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), std::to_string(i)), PutStatus::kStored) << i;
    if (i % 3 == 0) remove("k" + std::to_string(i * 7919 % (i + 1)));
    grew = grew || store_->index_stats().growing;
    if (store_->index_stats().growing && i % 100 == 0) {
      ASSERT_STREQ(store_->broken_invariant(), nullptr);
    }
  }
  for (std::size_t i = 12'000; i < 16'000; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), std::to_string(i)), PutStatus::kStored) << i;
    grew = grew || store_->index_stats().growing;
  }
  EXPECT_TRUE(grew);
  EXPECT_EQ(count_missing(), 0U);
  tick_to_the_end();
  EXPECT_FALSE(store_->index_stats().growing);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutEviction, CrowdedIndexTest, ::testing::Bool());

}  // namespace
}  // namespace isocache
