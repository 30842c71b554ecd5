// Visits all items in turn; and the figures that a band keeps about its items.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/store_fixture.h"

namespace isocache {
namespace {

class StoreScanTest : public StoreTest {};

TEST_F(StoreScanTest, ScanVisitsEveryLiveItem) {
  for (int i = 0; i < 5000; ++i)
    put("k" + std::to_string(i), std::string(static_cast<std::size_t>(i % 300), 'v'));
  store_->remove(find("k17"));
  std::vector<int> seen(5000);
  std::uint64_t cursor = 0;
  do {
    cursor = store_->scan(cursor, 100, Store::kAnyLooks, now_s_, [&](const ItemView& item) {
      ++seen[static_cast<std::size_t>(std::stoi(std::string(item.key().substr(1))))];
    });
  } while (cursor != 0);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i == 17 ? 0 : 1) << i;
}

// However many items have expired, a call visits a bounded number of records. The next call
// continues even if this one found no item.
TEST_F(StoreScanTest, AScanOfWhatHasExpiredComesInPieces) {
  for (int i = 0; i < 20'000; ++i) put("k" + std::to_string(i), "v", {.exptime = 2000});
  put("lives", "v");
  now_s_ = 3000;
  int calls = 0;
  int seen = 0;
  std::uint64_t cursor = 0;
  do {
    ++calls;
    cursor = store_->scan(cursor, 100, 1000, now_s_, [&](const ItemView& item) {
      EXPECT_EQ(item.key(), "lives");
      ++seen;
    });
  } while (cursor != 0);
  EXPECT_EQ(seen, 1);
  EXPECT_GE(calls, 20);
  EXPECT_LE(calls, 22);
}

// broken_invariant() compares the sums with the contents of the segments.
TEST_F(StoreScanTest, ABandKnowsItsItemsAndItsOldestSegment) {
  const unsigned band = Store::band_of(5, 1000);
  EXPECT_EQ(store_->band_stats(band).segments, 0U);
  EXPECT_EQ(store_->band_stats(band).oldest_s, 0U);
  const std::string value(1000, 'v');
  put("first", value);
  now_s_ += 100;
  fill(200, value.size());
  BandStats stats = store_->band_stats(band);
  EXPECT_EQ(stats.items, 201U);
  EXPECT_EQ(stats.item_bytes, store_->memory_use().item_bytes);
  EXPECT_EQ(stats.segments, (stats.item_bytes + (64U << 10) - 1) / (64U << 10));
  EXPECT_EQ(stats.oldest_s, 1000U);
  fill(8000, value.size(), "more");
  stats = store_->band_stats(band);
  EXPECT_EQ(stats.items, store_->item_count());
  EXPECT_GT(store_->counters().bands[band].evictions, 0U);
  EXPECT_EQ(stats.oldest_s, 1100U);
}

}  // namespace
}  // namespace isocache
