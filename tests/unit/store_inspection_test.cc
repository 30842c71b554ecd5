// What a store shows of itself adds up, agrees with what it answers, and looking changes nothing.
#include "store/inspection.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "random_store.h"
#include "store_fixture.h"

namespace isocache {
namespace {

using Fate = EvictionReport::Fate;
using Reason = EvictionReport::Reason;

std::vector<SegmentFacts> segments_of(const Store& store, std::size_t at_once = 7) {
  std::vector<SegmentFacts> all;
  std::vector<SegmentFacts> part(at_once);
  while (const std::size_t count = StoreInspection(store).segments(all.size(), part)) {
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

std::vector<PlacedItem> items_of(const Store& store, std::size_t at_once = 13) {
  std::vector<PlacedItem> all;
  std::vector<PlacedItem> part(at_once);
  while (const std::size_t count = StoreInspection(store).items(all.size(), part)) {
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

// REQUIRES: no upload is unfinished.
void expect_sums(const Store& store) {
  const MemoryParts memory = StoreInspection(store).memory();
  const MemoryUse use = store.memory_use();
  EXPECT_EQ(memory.live, use.item_bytes);
  EXPECT_EQ(memory.dead, use.dead_bytes);
  EXPECT_EQ(memory.index, use.index_bytes);
  EXPECT_EQ(memory.ghost, use.ghost_bytes);
  EXPECT_EQ(memory.limit, use.limit);
  EXPECT_LE(memory.used(), memory.limit);

  MemoryParts sum;
  std::size_t items = 0;
  std::size_t others = 0;
  for (const SegmentFacts& segment : segments_of(store)) {
    sum.live += segment.live_bytes;
    sum.dead += segment.dead_bytes;
    sum.free += segment.free_bytes;
    items += segment.items;
    if (segment.content == SegmentContent::kIndex) sum.index += limits::kSegmentBytes;
    if (segment.content == SegmentContent::kGhost) sum.ghost += limits::kSegmentBytes;
    if (segment.content > SegmentContent::kGhost) others += limits::kSegmentBytes;
  }
  EXPECT_EQ(sum.live, memory.live);
  EXPECT_EQ(sum.dead, memory.dead);
  EXPECT_EQ(sum.free, memory.free);
  EXPECT_EQ(sum.index, memory.index);
  EXPECT_EQ(sum.ghost, memory.ghost);
  EXPECT_EQ(items, store.item_count());
  EXPECT_GE(memory.other, others);

  std::size_t item_bytes = 0;
  std::set<std::string> keys;
  for (const PlacedItem& item : items_of(store)) {
    item_bytes += item.bytes;
    EXPECT_TRUE(keys.emplace(item.key()).second) << "listed twice: " << item.key();
  }
  EXPECT_EQ(item_bytes, memory.live);
  EXPECT_EQ(keys.size(), store.item_count());
}

class StoreInspectionTest : public StoreTest {
 protected:
  PlacedItem item(std::string_view name) const {
    PlacedItem found;
    EXPECT_TRUE(StoreInspection(*store_).item(key(name), &found)) << name;
    return found;
  }
  // The keys of a step's items by what became of them.
  static std::map<Fate, std::set<std::string>> by_fate(const EvictionReport& report) {
    std::map<Fate, std::set<std::string>> fates;
    for (const EvictionReport::Outcome& outcome : report.outcomes) {
      EXPECT_TRUE(fates[outcome.fate].insert(outcome.key).second) << outcome.key;
    }
    return fates;
  }
};

TEST_F(StoreInspectionTest, AnEmptyStoreHasNothing) {
  expect_sums(*store_);
  EXPECT_EQ(StoreInspection(*store_).memory().live, 0U);
  EXPECT_TRUE(items_of(*store_).empty());
  PlacedItem found;
  EXPECT_FALSE(StoreInspection(*store_).item(key("a"), &found));
}

TEST_F(StoreInspectionTest, AnItemIsShownAsItWasStored) {
  put("a", "12345", {.client_flags = 7, .exptime = 2000, .cas = 99, .bits = kStale | kBinaryKey});
  get("a");
  const PlacedItem found = item("a");
  EXPECT_EQ(found.key(), "a");
  EXPECT_EQ(found.value_length(), 5U);
  EXPECT_EQ(found.bytes, 32U);  // a header of 24, one byte of key, 5 of value, 2 of padding
  EXPECT_EQ(found.client_flags(), 7U);
  EXPECT_EQ(found.exptime(), 2000U);
  EXPECT_EQ(found.cas(), 99U);
  EXPECT_EQ(found.last_access(), now_s_);
  EXPECT_EQ(found.bits(), kStale | kBinaryKey | kFetched);
  EXPECT_EQ(found.standing.frequency, 1U);
  EXPECT_FALSE(found.standing.in_main);
  EXPECT_FALSE(found.reclaimable);
  put("b", "12345");
  EXPECT_EQ(item("b").segment, found.segment);
  EXPECT_EQ(item("b").offset, found.offset + found.bytes);
}

TEST_F(StoreInspectionTest, AnItemInPiecesHasTheirBytes) {
  put("large", std::string(200'000, 'x'));
  const PlacedItem found = item("large");
  EXPECT_TRUE(found.chained());
  EXPECT_GT(found.bytes, 200'000U);
  EXPECT_EQ(found.bytes, StoreInspection(*store_).memory().live);
  expect_sums(*store_);
}

TEST_F(StoreInspectionTest, AValueCanBeReadWithoutBeingFetched) {
  for (const std::size_t length : {0U, 10U, 200'000U}) {
    const std::string value(length, 'v');
    put("a", value);
    std::string seen;
    StoreInspection(*store_).view(item("a")).for_each_piece(
        [&](const Piece& piece) { seen += piece.bytes; });
    EXPECT_EQ(seen, value);
    EXPECT_EQ(item("a").bits() & kFetched, 0);
  }
}

TEST_F(StoreInspectionTest, WhatExpiredOrWasFlushedIsShownUntilItsMemoryIsTaken) {
  put("short", "x", {.exptime = now_s_ + 1});
  put("long", "x");
  now_s_ += 1;
  find("nothing");  // tells the store the time
  EXPECT_TRUE(item("short").reclaimable);
  EXPECT_FALSE(item("long").reclaimable);
  store_->flush();
  EXPECT_TRUE(item("long").reclaimable);
  while (store_->tick(now_s_)) {
  }
  EXPECT_TRUE(items_of(*store_).empty());
}

TEST_F(StoreInspectionTest, AnUnfinishedUploadIsInItsSegmentAndNoItem) {
  put("a", "x");
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("b"), 1000, now_s_, &upload), PutStatus::kStored);
  const std::size_t item_bytes = item("a").bytes;
  EXPECT_EQ(items_of(*store_).size(), 1U);
  EXPECT_GT(StoreInspection(*store_).memory().live, item_bytes + 1000);
  std::size_t live = 0;
  for (const SegmentFacts& segment : segments_of(*store_)) live += segment.live_bytes;
  EXPECT_EQ(live, StoreInspection(*store_).memory().live);
  store_->abort_upload(upload);
  expect_sums(*store_);
}

TEST_F(StoreInspectionTest, SegmentsStandInTheirQueuesOrder) {
  fill(400, 2000);
  std::size_t order = 0;
  std::size_t queued = 0;
  for (const SegmentFacts& segment : segments_of(*store_)) {
    if (segment.content != SegmentContent::kSmall) continue;
    EXPECT_EQ(segment.band, Store::band_of(6, 2000));
    EXPECT_EQ(segment.order, order++);
    queued += segment.items;
  }
  EXPECT_GT(order, 5U);
  EXPECT_EQ(queued, 400U);
  EXPECT_TRUE(segments_of(*store_)[order - 1].open);
  EXPECT_FALSE(segments_of(*store_)[0].open);
}

TEST_F(StoreInspectionTest, PartsOfListsAreTheWholeList) {
  fill(3000, 100);
  fill(20, 30'000, "large");
  const std::vector<PlacedItem> all = items_of(*store_, 10'000);
  for (const std::size_t at_once : {1U, 2U, 999U}) {
    const std::vector<PlacedItem> parts = items_of(*store_, at_once);
    ASSERT_EQ(parts.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(parts[i].key(), all[i].key());
    EXPECT_EQ(segments_of(*store_, at_once).size(), segments_of(*store_, 1000).size());
  }
  std::vector<PlacedItem> none;
  EXPECT_EQ(StoreInspection(*store_).items(0, none), 0U);
  std::vector<PlacedItem> one(1);
  EXPECT_EQ(StoreInspection(*store_).items(all.size() + 5, one), 0U);
}

TEST_F(StoreInspectionTest, LookingChangesNothing) {
  fill(5000, 1000);
  const std::vector<PlacedItem> before = items_of(*store_);
  const MemoryParts memory = StoreInspection(*store_).memory();
  const std::uint64_t dropped = hash_bytes("fill0", HashKey());
  ASSERT_EQ(get("fill0"), "(none)");
  EXPECT_TRUE(StoreInspection(*store_).ghost_knows(dropped));
  EXPECT_TRUE(StoreInspection(*store_).ghost_knows(dropped)) << "it is not forgotten";
  const std::vector<PlacedItem> after = items_of(*store_);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].bits(), before[i].bits());
    EXPECT_EQ(after[i].standing.frequency, before[i].standing.frequency);
  }
  EXPECT_EQ(StoreInspection(*store_).memory().used(), memory.used());
}

TEST_F(StoreInspectionTest, TheGhostKnowsWhatWasEvicted) {
  EXPECT_EQ(StoreInspection(*store_).ghost().capacity, 0U);
  fill(5000, 1000);
  const GhostFacts ghost = StoreInspection(*store_).ghost();
  EXPECT_EQ(ghost.entries, store_->counters().evictions);
  EXPECT_EQ(ghost.capacity, 31U * 1024U);
  EXPECT_FALSE(StoreInspection(*store_).ghost_knows(hash_bytes("never", HashKey())));
  put("fill0", "back");
  EXPECT_TRUE(item("fill0").standing.in_main);
  EXPECT_FALSE(StoreInspection(*store_).ghost_knows(hash_bytes("fill0", HashKey())));
}

TEST_F(StoreInspectionTest, UnusedPartsAreOutsideOfAllRecords) {
  fill(700, 1000);
  std::map<const std::byte*, const std::byte*> parts;
  StoreInspection(*store_).for_each_unused_part([&](std::span<const std::byte> part) {
    EXPECT_TRUE(parts.emplace(part.data(), part.data() + part.size()).second);
    EXPECT_LE(part.size(), limits::kSegmentBytes);
  });
  EXPECT_GT(parts.size(), 2U);
  for (const PlacedItem& item : items_of(*store_)) {
    const auto* const at = reinterpret_cast<const std::byte*>(item.key().data());
    const auto next = parts.upper_bound(at);
    EXPECT_TRUE(next == parts.begin() || std::prev(next)->second <= at) << item.key();
  }
}

// --- steps of eviction --------------------------------------------------------------------

TEST_F(StoreInspectionTest, AStepOfAnEmptyStoreDoesNothing) {
  EXPECT_EQ(StoreInspection::evict_segment(*store_).segment, 0U);
}

TEST_F(StoreInspectionTest, AStepDropsWhatWasNotReadAndKeepsTheRest) {
  fill(100, 2000);
  get("fill3");
  const SegmentFacts first = segments_of(*store_)[0];
  const EvictionReport report = StoreInspection::evict_segment(*store_);
  EXPECT_EQ(report.segment, first.id);
  EXPECT_EQ(report.content, SegmentContent::kSmall);
  EXPECT_EQ(report.reason, Reason::kAge);
  EXPECT_EQ(report.outcomes.size(), first.items);
  const auto fates = by_fate(report);
  EXPECT_EQ(fates.at(Fate::kToMain), std::set<std::string>{"fill3"});
  EXPECT_EQ(fates.at(Fate::kDropped).size(), first.items - 1);
  EXPECT_EQ(report.freed_bytes, limits::kSegmentBytes - item("fill3").bytes);
  for (const std::string& name : fates.at(Fate::kDropped)) EXPECT_EQ(get(name), "(none)");
  EXPECT_TRUE(item("fill3").standing.in_main);
  EXPECT_EQ(store_->counters().evictions, first.items - 1);
  expect_sums(*store_);
}

TEST_F(StoreInspectionTest, AStepCompactsWhatIsMostlyDead) {
  fill(100, 2000);
  for (int i = 0; i < 25; ++i) store_->remove(find("fill" + std::to_string(i)));
  const EvictionReport report = StoreInspection::evict_segment(*store_);
  EXPECT_EQ(report.reason, Reason::kDeadBytes);
  const auto fates = by_fate(report);
  EXPECT_EQ(fates.size(), 1U);
  EXPECT_FALSE(fates.at(Fate::kToSmall).empty());
  EXPECT_EQ(store_->counters().evictions, 0U);
}

TEST_F(StoreInspectionTest, AStepReclaimsWhatExpired) {
  put("gone", "x", {.exptime = now_s_ + 1});
  put("left", "x");
  now_s_ += 1;
  find("nothing");
  const auto fates = by_fate(StoreInspection::evict_segment(*store_));
  EXPECT_EQ(fates.at(Fate::kReclaimed), std::set<std::string>{"gone"});
  EXPECT_EQ(fates.at(Fate::kDropped), std::set<std::string>{"left"});
  put("flushed", "x");
  store_->flush();
  const EvictionReport report = StoreInspection::evict_segment(*store_);
  EXPECT_EQ(report.reason, Reason::kFlushed);
  EXPECT_EQ(by_fate(report).at(Fate::kReclaimed), std::set<std::string>{"flushed"});
}

TEST_F(StoreInspectionTest, StepsEmptyTheStore) {
  fill(3000, 500);
  fill(30, 100'000, "large");
  std::uint64_t dropped = store_->counters().evictions;
  for (int steps = 0; store_->item_count() > 0; ++steps) {
    ASSERT_LT(steps, 1000);
    const EvictionReport report = StoreInspection::evict_segment(*store_);
    ASSERT_NE(report.segment, 0U);
    for (const auto& outcome : report.outcomes) {
      dropped += outcome.fate == Fate::kDropped ? 1U : 0U;
      PlacedItem found;
      EXPECT_EQ(StoreInspection(*store_).item(key(outcome.key), &found),
                outcome.fate == Fate::kToSmall || outcome.fate == Fate::kToMain);
    }
    ASSERT_EQ(dropped, store_->counters().evictions);
    expect_sums(*store_);
  }
}

TEST(StoreInspectionRandom, SumsHoldInAnyStore) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    RandomStore random({.memory_limit = 4U << 20, .max_value = 100'000, .change_limit = seed == 3},
                       seed);
    for (int n = 0; n < 10; ++n) {
      random.run(500);
      if (seed < 3) expect_sums(random.store());
      StoreInspection::evict_segment(random.store());
      EXPECT_STREQ(random.store().broken_invariant(), nullptr);
    }
  }
}

}  // namespace
}  // namespace isocache
