// What a Store promises, one promise a test.
#include "store/store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"
#include "heap_memory.h"

namespace isocache {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void open(StoreOptions options) {
    options_ = options;
    store_ = std::make_unique<Store>(options_, memory_);
  }
  void SetUp() override { open({.memory_limit = 4U << 20}); }
  void TearDown() override { EXPECT_STREQ(store_->broken_invariant(), nullptr); }

  Key key(std::string_view name) const { return {name, Store::hash(name, options_.hash_key)}; }
  Item find(std::string_view name) { return store_->find(key(name), now_s_).item; }
  PutStatus put(std::string_view name, std::string_view value, ItemFields fields = {}) {
    const std::string_view parts[] = {value};
    return store_->put(key(name), find(name), fields, parts, now_s_);
  }
  std::string read(Item item) const {
    std::string value;
    store_->for_each_piece(item, [&](const Store::Piece& piece) { value += piece.bytes; });
    return value;
  }
  std::string get(std::string_view name) {
    const Item item = find(name);
    if (!item) return "(none)";
    store_->on_hit(item, now_s_);
    return read(item);
  }
  // Stores `count` items of `bytes`, so that older ones are evicted.
  void fill(int count, std::size_t bytes, const std::string& prefix = "fill") {
    const std::string value(bytes, 'f');
    for (int i = 0; i < count; ++i) put(prefix + std::to_string(i), value);
  }

  StoreOptions options_;
  HeapMemory memory_;
  std::unique_ptr<Store> store_;
  UnixSeconds now_s_ = 1000;
};

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
  put("k", std::string(50, 'c'));  // would waste half
  EXPECT_EQ(store_->counters().in_place_updates, 1U);
  EXPECT_EQ(get("k"), std::string(50, 'c'));
}

TEST_F(StoreTest, ASlowReaderSeesTheValueItAskedFor) {
  put("k", std::string(5000, 'a'));
  std::vector<Store::Piece> pieces;
  store_->for_each_piece(find("k"), [&](const Store::Piece& piece) {
    store_->pin(piece.segment);
    pieces.push_back(piece);
  });
  put("k", std::string(5000, 'b'));
  EXPECT_FALSE(store_->overwrite_value(find("k"), std::string(5000, 'c')))
      << "same segment, still pinned";
  fill(3000, 3000);
  std::string seen;
  for (const Store::Piece& piece : pieces) seen += piece.bytes;
  EXPECT_EQ(seen, std::string(5000, 'a'));
  for (const Store::Piece& piece : pieces) store_->unpin(piece.segment);
}

TEST_F(StoreTest, FewSegmentsMayBePinned) {
  fill(60, 60'000);
  int pinned = 0;
  std::vector<SegmentId> segments;
  for (int i = 0; i < 60; ++i) {
    const Item item = find("fill" + std::to_string(i));
    if (!item || !store_->may_pin(item)) continue;
    store_->for_each_piece(item, [&](const Store::Piece& piece) {
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
  // Half the store, written many times over with changing sizes: nothing needs to go.
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

TEST_F(StoreTest, FlushHidesAtOnceAndMemoryComesBack) {
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

TEST_F(StoreTest, TheBackgroundFindsExpiredItems) {
  for (int i = 0; i < 2000; ++i)
    put("k" + std::to_string(i), "v", {.exptime = i % 2 == 0 ? 1010U : 0U});
  now_s_ = 1010;
  while (store_->tick(now_s_)) {
  }
  EXPECT_EQ(store_->item_count(), 1000U);
  EXPECT_EQ(store_->counters().crawler_reclaimed, 1000U);
}

TEST_F(StoreTest, AShortenedTtlIsFoundToo) {
  put("k", "v", {.exptime = 5000});
  find("k").set_exptime(1001);
  now_s_ = 1001;
  while (store_->tick(now_s_)) {
  }
  EXPECT_EQ(store_->item_count(), 0U);
}

TEST_F(StoreTest, ScanVisitsEveryLiveItem) {
  for (int i = 0; i < 5000; ++i)
    put("k" + std::to_string(i), std::string(static_cast<std::size_t>(i % 300), 'v'));
  store_->remove(find("k17"));
  std::vector<int> seen(5000);
  std::uint64_t cursor = 0;
  do {
    cursor = store_->scan(cursor, 100, Store::kAnyLooks, now_s_, [&](const Item& item) {
      ++seen[static_cast<std::size_t>(std::stoi(std::string(item.key().substr(1))))];
    });
  } while (cursor != 0);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i == 17 ? 0 : 1) << i;
}

// However much has expired, a call looks at a bounded number of records; one that found nothing
// goes on where it was.
TEST_F(StoreTest, AScanOfWhatHasExpiredComesInPieces) {
  for (int i = 0; i < 20'000; ++i) put("k" + std::to_string(i), "v", {.exptime = 2000});
  put("lives", "v");
  now_s_ = 3000;
  int calls = 0;
  int seen = 0;
  std::uint64_t cursor = 0;
  do {
    ++calls;
    cursor = store_->scan(cursor, 100, 1000, now_s_, [&](const Item& item) {
      EXPECT_EQ(item.key(), "lives");
      ++seen;
    });
  } while (cursor != 0);
  EXPECT_EQ(seen, 1);
  EXPECT_GE(calls, 20);
  EXPECT_LE(calls, 22);
}

// broken_invariant() holds the sums against what lies in the segments.
TEST_F(StoreTest, ABandKnowsItsItemsAndItsOldestSegment) {
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
  EXPECT_GT(stats.evicted, 0U);
  EXPECT_EQ(stats.oldest_s, 1100U);
}

TEST_F(StoreTest, ASmallerLimitIsReached) {
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

TEST_F(StoreTest, AnUploadIsInvisibleUntilItIsComplete) {
  put("k", "old");
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("k"), 200'000, now_s_, &upload), PutStatus::kStored);
  std::string value;
  while (upload.remaining > 0) {
    const std::span<char> window = store_->upload_window(upload);
    ASSERT_FALSE(window.empty());
    const std::size_t bytes = std::min<std::size_t>(window.size(), 7777);
    const std::string part(bytes, static_cast<char>('a' + value.size() % 26));
    part.copy(window.data(), bytes);
    store_->upload_received(upload, bytes);
    value += part;
    EXPECT_EQ(get("k"), "old");
  }
  EXPECT_TRUE(store_->commit_upload(upload, key("k"), find("k"), {.client_flags = 3}, now_s_));
  EXPECT_EQ(get("k"), value);
  EXPECT_EQ(find("k").client_flags(), 3U);
}

TEST_F(StoreTest, AnAbortedUploadLeavesNothing) {
  const std::size_t before = store_->memory_use().item_bytes;
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("k"), 200'000, now_s_, &upload), PutStatus::kStored);
  store_->upload_received(upload, store_->upload_window(upload).size());
  store_->abort_upload(upload);
  EXPECT_FALSE(upload);
  EXPECT_EQ(store_->memory_use().item_bytes, before);
  EXPECT_FALSE(find("k"));
}

TEST_F(StoreTest, IdleUploadsCannotEmptyTheCache) {
  open({.memory_limit = 40U << 20});
  fill(10'000, 1000);
  std::vector<Upload> uploads;
  PutStatus status = PutStatus::kStored;
  for (int i = 0; i < 1000 && status == PutStatus::kStored; ++i) {
    Upload upload;
    status = store_->begin_upload(key("u" + std::to_string(i)), 900'000, now_s_, &upload);
    if (upload) uploads.push_back(upload);
  }
  EXPECT_EQ(status, PutStatus::kNoMemory);
  EXPECT_GT(uploads.size(), 5U);
  EXPECT_GT(store_->item_count(), 9000U) << "a quarter of the store at most";
  EXPECT_EQ(put("still", "works"), PutStatus::kStored);
  for (Upload& upload : uploads) store_->abort_upload(upload);
}

TEST_F(StoreTest, UploadsWaitInLineForThoseThatHaveBegun) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  fill(1000, 1000);
  Upload first;
  Upload second;
  Upload third;
  ASSERT_EQ(store_->begin_upload(key("a"), 900'000, now_s_, &first), PutStatus::kStored);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kWait)
      << "a small one does not pass one that came before";
  EXPECT_EQ(store_->memory_use().uploads_waiting, 2U);
  put("b", "old");
  store_->abort_upload(first);
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kStored);
  EXPECT_EQ(get("b"), "old") << "until the new value is whole";
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kStored);
  store_->abort_upload(second);
  store_->abort_upload(third);
  EXPECT_EQ(store_->memory_use().upload_bytes, 0U);
}

TEST_F(StoreTest, WhoLeavesTheLineHoldsNobodyUp) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  Upload first;
  Upload second;
  Upload third;
  ASSERT_EQ(store_->begin_upload(key("a"), 900'000, now_s_, &first), PutStatus::kStored);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("c"), 900'000, now_s_, &third), PutStatus::kWait);
  store_->abort_upload(second);
  store_->abort_upload(first);
  EXPECT_EQ(store_->begin_upload(key("c"), 900'000, now_s_, &third), PutStatus::kStored);
  store_->abort_upload(third);
}

// What waits for others' memory is not told that there is none; what has begun can be finished.
TEST_F(StoreTest, ManyUploadsAtOnceAreAllStored) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  fill(3000, 1000);
  std::vector<Upload> uploads(40);
  std::vector<bool> stored(uploads.size());
  std::size_t left = uploads.size();
  for (int round = 0; round < 10'000 && left > 0; ++round) {
    const std::size_t i = static_cast<std::size_t>(round) % uploads.size();
    if (stored[i]) continue;
    const std::string name = "u" + std::to_string(i);
    Upload& upload = uploads[i];
    if (!upload) {
      const PutStatus status = store_->begin_upload(key(name), 300'000, now_s_, &upload);
      ASSERT_TRUE(status == PutStatus::kStored || status == PutStatus::kWait);
      continue;
    }
    if (upload.remaining > 0) {
      const std::span<char> window = store_->upload_window(upload);
      if (window.empty()) {
        ASSERT_TRUE(store_->upload_may_wait(upload));
        continue;
      }
      store_->upload_received(upload, std::min<std::size_t>(window.size(), 30'000));
      continue;
    }
    ASSERT_TRUE(store_->commit_upload(upload, key(name), find(name), {}, now_s_));
    stored[i] = true;
    --left;
  }
  EXPECT_EQ(left, 0U);
}

TEST_F(StoreTest, OneUploadOfTheLargestSizeFits) {
  open({.memory_limit = 16U << 20, .max_item_size = 8U << 20});
  fill(5000, 1000);
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("large"), (8U << 20) - 100, now_s_, &upload),
            PutStatus::kStored);
  while (upload.remaining > 0) {
    const std::span<char> window = store_->upload_window(upload);
    ASSERT_FALSE(window.empty()) << upload.remaining;
    store_->upload_received(upload, window.size());
  }
  EXPECT_TRUE(store_->commit_upload(upload, key("large"), {}, {}, now_s_));
  EXPECT_EQ(find("large").value_length(), (8U << 20) - 100);
}

TEST_F(StoreTest, CasIdsGrowOverAllStoresThatShareASource) {
  struct Counter : CasIds {
    std::uint64_t next() override { return ++last; }
    std::uint64_t last = 40;
  } counter;
  HeapMemory memory;
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
