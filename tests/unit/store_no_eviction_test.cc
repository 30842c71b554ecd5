// The worst case of a full store without eviction (-M): it refuses new items, and drops none.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

TEST_F(StoreWorstTest, WithoutEvictionARefusedPutDropsNothing) {
  open({.memory_limit = 4 * kMiB, .evict = false});
  fill_up(5000);
  pin_some();
  int refused = 0;
  for (std::size_t round = 0; round < 3000; ++round) {
    const std::string name =
        "fill" + std::to_string(round * 37 % static_cast<std::size_t>(filled_));
    if (round % 3 == 0) {
      remove(name);
    } else if (put(name, value_of(round, round * 211 % 9000)) != PutStatus::kStored) {
      ++refused;
      EXPECT_EQ(static_cast<bool>(find(name)), held_.contains(name));
    }
    if (round % 500 == 0) {
      unpin_all();
      pin_some();
      ASSERT_EQ(count_missing(), 0U) << round;
    }
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_GT(refused, 10);
  EXPECT_GT(store_->counters().compacted_segments, 10U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  unpin_all();
}

TEST_F(StoreWorstTest, WithoutEvictionADrySourceDropsNothing) {
  open({.memory_limit = 8 * kMiB, .evict = false});
  memory_->set_most_bytes(2 * kMiB);
  EXPECT_GT(fill_up(30'000), 30);
  for (std::size_t round = 0; round < 2000; ++round) {
    const std::string name =
        "fill" + std::to_string(round * 37 % static_cast<std::size_t>(filled_));
    if (round % 4 == 0) {
      remove(name);
    } else {
      put(name, value_of(round, round * 2111 % 60'000));
    }
    if (round % 50 == 0) {
      store_->tick(now_s_);
      ASSERT_EQ(count_missing(), 0U) << round;
      ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
    }
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
}

// Puts that counted on the source do not use up the segments that compaction needs.
TEST_F(StoreWorstTest, WithoutEvictionADrySourceLeavesRoomToCompact) {
  open({.memory_limit = 8 * kMiB, .evict = false});
  memory_->set_most_bytes(2 * kMiB);
  const int before = fill_up(5000);
  for (int n = 1; n <= filled_; ++n) {
    if (n % 5 != 0) remove("fill" + std::to_string(n));
  }
  EXPECT_GT(fill_up(5000), before / 2);
  EXPECT_EQ(count_missing(), 0U);
}

// This holds for any number of segments that are both dead and held.
TEST_F(StoreWorstTest, WithoutEvictionHeldSegmentsHideNoOthers) {
  open({.memory_limit = 16 * kMiB, .evict = false});
  fill_up(5000);
  pin_some();
  ASSERT_GT(pins_.size(), 100U);
  const auto is_pinned = [&](const std::string& name) {
    bool pinned = false;
    store_->for_each_piece(find(name), [&](const Piece& piece) {
      pinned = pinned || std::find(pins_.begin(), pins_.end(), piece.segment) != pins_.end();
    });
    return pinned;
  };
  int elsewhere = 0;
  for (int n = 1, last = filled_; n < last; ++n) {
    const std::string name = "fill" + std::to_string(n);
    const bool held = is_pinned(name);
    if (n % (held ? 10 : 2) == 0) continue;  // the held segments have more dead records
    elsewhere += held ? 0 : 1;
    remove(name);
  }
  EXPECT_GT(fill_up(5000), elsewhere / 2);
  EXPECT_EQ(count_missing(), 0U);
  unpin_all();
}

TEST_F(StoreWorstTest, WithoutEvictionAFewRemovedItemsMakeRoom) {
  open({.memory_limit = 4 * kMiB, .evict = false});
  fill_up(1000);
  int removed = 0;
  for (int n = 1; n <= filled_; n += 6, ++removed) remove("fill" + std::to_string(n));
  EXPECT_GT(fill_up(1000), removed / 2);
  EXPECT_EQ(count_missing(), 0U);
}

// In a tiny store the open segments are a large part of all segments, and all of their records may
// have been removed.
TEST_F(StoreWorstTest, WithoutEvictionADeadOpenSegmentIsRoom) {
  open({.memory_limit = 40 * limits::kSegmentBytes, .evict = false});
  const int alone = fill_up(6000);
  open({.memory_limit = 40 * limits::kSegmentBytes, .evict = false});
  for (const std::size_t size : {30U, 200U, 900U, 3000U}) {
    put(std::to_string(size), value_of(size, size));
    remove(std::to_string(size));
  }
  EXPECT_EQ(fill_up(6000), alone);
}

}  // namespace
}  // namespace isocache
