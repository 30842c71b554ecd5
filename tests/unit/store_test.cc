// What a Store promises about keys and values, one promise a test.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"
#include "unit/store_fixture.h"

namespace isocache {
namespace {

TEST_F(StoreTest, KeepsValueAndFields) {
  ASSERT_EQ(put("k", "value", {.client_flags = 7, .exptime = 2000, .cas = 9, .bits = kStale}),
            PutStatus::kStored);
  const Item item = find("k");
  ASSERT_TRUE(item);
  EXPECT_EQ(item.key(), "k");
  EXPECT_EQ(item.contiguous_value(), "value");
  EXPECT_EQ(item.client_flags(), 7U);
  EXPECT_EQ(item.exptime(), 2000U);
  EXPECT_EQ(item.cas(), 9U);
  EXPECT_TRUE(item.has(kStale));
  EXPECT_FALSE(item.has(kFetched));
  EXPECT_EQ(item.last_access(), 1000U);
}

TEST_F(StoreTest, AReadIsNoted) {
  put("k", "v");
  now_s_ = 1010;
  get("k");
  EXPECT_TRUE(find("k").has(kFetched));
  EXPECT_EQ(find("k").last_access(), 1010U);
}

TEST_F(StoreTest, ExpiresExactly) {
  put("k", "v", {.exptime = 1005});
  now_s_ = 1004;
  EXPECT_EQ(get("k"), "v");
  now_s_ = 1005;
  const FindResult found = store_->find(key("k"), now_s_);
  EXPECT_FALSE(found.item);
  EXPECT_EQ(found.miss, Miss::kExpired);
  EXPECT_EQ(store_->item_count(), 0U);
}

TEST_F(StoreTest, OverwritesInPlaceWhenItFitsWell) {
  put("k", std::string(100, 'a'));
  put("k", std::string(98, 'b'));
  EXPECT_EQ(store_->counters().in_place_updates, 1U);
  EXPECT_EQ(get("k"), std::string(98, 'b'));
  put("k", std::string(50, 'c'));  // would waste half of the space
  EXPECT_EQ(store_->counters().in_place_updates, 1U);
  EXPECT_EQ(get("k"), std::string(50, 'c'));
}

TEST_F(StoreTest, ASlowReaderSeesTheValueItAskedFor) {
  put("k", std::string(5000, 'a'));
  std::vector<Piece> pieces;
  store_->for_each_piece(find("k"), [&](const Piece& piece) {
    store_->pin(piece.segment);
    pieces.push_back(piece);
  });
  put("k", std::string(5000, 'b'));
  EXPECT_FALSE(store_->overwrite_value(find("k"), std::string(5000, 'c')))
      << "same segment, still pinned";
  fill(3000, 3000);
  std::string seen;
  for (const Piece& piece : pieces) seen += piece.bytes;
  EXPECT_EQ(seen, std::string(5000, 'a'));
  for (const Piece& piece : pieces) store_->unpin(piece.segment);
}

TEST_F(StoreTest, FewSegmentsMayBePinned) {
  fill(60, 60'000);
  int pinned = 0;
  std::vector<SegmentId> segments;
  for (int i = 0; i < 60; ++i) {
    const Item item = find("fill" + std::to_string(i));
    if (!item || !store_->may_pin(item)) continue;
    store_->for_each_piece(item, [&](const Piece& piece) {
      store_->pin(piece.segment);
      segments.push_back(piece.segment);
    });
    ++pinned;
  }
  EXPECT_GT(pinned, 2);
  EXPECT_LE(store_->memory_use().pinned_segments,
            store_->memory_use().limit / limits::kSegmentBytes / 4);
  fill(200, 60'000, "more");
  EXPECT_EQ(get("more199"), std::string(60'000, 'f'));
  for (const SegmentId segment : segments) store_->unpin(segment);
}

TEST_F(StoreTest, AValueMaySpanManySegments) {
  std::string value;
  for (int i = 0; i < 100'000; ++i) value += std::to_string(i);
  put("k", value);
  EXPECT_TRUE(find("k").chained());
  EXPECT_EQ(find("k").value_length(), value.size());
  EXPECT_EQ(get("k"), value);
}

TEST_F(StoreTest, ARefusedPutLeavesTheOldValue) {
  open({.memory_limit = 4U << 20, .max_item_size = 10'000});
  put("k", "old");
  EXPECT_EQ(put("k", std::string(10'000, 'x')), PutStatus::kTooLarge);
  EXPECT_EQ(get("k"), "old");
  EXPECT_EQ(put("k", std::string(9900, 'x')), PutStatus::kStored);
}

TEST_F(StoreTest, WithoutEvictionAFullStoreRefuses) {
  open({.memory_limit = 2U << 20, .evict = false});
  int stored = 0;
  while (put("k" + std::to_string(stored), std::string(1000, 'x')) == PutStatus::kStored) ++stored;
  EXPECT_GT(stored, 1500);
  EXPECT_EQ(store_->counters().evictions, 0U);
  for (int i = 0; i < stored; ++i) EXPECT_TRUE(find("k" + std::to_string(i)));
  // Deleting makes room again.
  for (int i = 0; i < stored; i += 2) store_->remove(find("k" + std::to_string(i)));
  EXPECT_EQ(put("again", std::string(1000, 'x')), PutStatus::kStored);
}

TEST_F(StoreTest, WhatIsReadSurvivesAScan) {
  fill(1000, 500, "hot");
  for (int i = 0; i < 1000; ++i) get("hot" + std::to_string(i));
  fill(50'000, 500, "cold");
  int alive = 0;
  for (int i = 0; i < 1000; ++i) alive += find("hot" + std::to_string(i)) ? 1 : 0;
  EXPECT_GT(alive, 900);
  EXPECT_GT(store_->counters().evicted_unfetched, 30'000U);
}

TEST_F(StoreTest, MemoryStaysUnderTheLimit) {
  open({.memory_limit = 16U << 20});
  for (int round = 0; round < 5; ++round) {
    fill(200'000, 10, "a");
    fill(10'000, 2000, "b");
    fill(100, 100'000, "c");
  }
  const MemoryUse use = store_->memory_use();
  EXPECT_LE(use.segment_bytes, use.limit);
  EXPECT_GT(use.item_bytes, use.limit * 8 / 10);
}

TEST_F(StoreTest, OverwritesAreCompactedNotEvicted) {
  // Writes half of the store many times over with changing sizes: no item has to be evicted.
  std::vector<std::string> values(1500);
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 1500; ++i) {
      if (round > 0 && hash_bytes(std::to_string(i * 100 + round), HashKey()) % 7 != 0) continue;
      auto& value = values[static_cast<std::size_t>(i)];
      value = std::string(static_cast<std::size_t>(200 + (i * 37 + round * 211) % 1600), 'x');
      put("k" + std::to_string(i), value);
    }
  }
  EXPECT_EQ(store_->counters().evictions, 0U);
  EXPECT_GT(store_->counters().compacted_segments, 0U);
  for (int i = 0; i < 1500; ++i)
    EXPECT_EQ(get("k" + std::to_string(i)), values[static_cast<std::size_t>(i)]);
}

TEST_F(StoreTest, CasIdsGrowOverAllStoresThatShareASource) {
  struct Counter : CasIds {
    std::uint64_t next() override { return ++last; }
    std::uint64_t last = 40;
  } counter;
  TestMemory memory;
  Store other({.memory_limit = 4U << 20, .cas_ids = &counter}, memory);
  open({.memory_limit = 4U << 20, .cas_ids = &counter});
  EXPECT_EQ(store_->next_cas(), 41U);
  EXPECT_EQ(other.next_cas(), 42U);
  EXPECT_EQ(store_->next_cas(), 43U);
  open({.memory_limit = 4U << 20});
  EXPECT_EQ(store_->next_cas(), kFirstCas);
}

}  // namespace
}  // namespace isocache
