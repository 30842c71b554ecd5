#include "tier/tier_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "support/random.h"
#include "support/test_pages.h"

namespace isocache {
namespace {

constexpr std::uint64_t kBlocks = 8U << 20;  // 4 GiB

class Lost : public TierIndexObserver {
 public:
  void on_lost(const TierEntry& entry) override { locations.push_back(entry.location); }

  std::vector<std::uint64_t> locations;
};

class TierIndexTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_STREQ(index.broken_invariant(), nullptr); }

  std::uint64_t hash() { return random.bits() | std::uint64_t{random.bits()} << 32U; }
  // Inserts at the next location. The hash is kept.
  void insert_new() {
    hashes.push_back(hash());
    EXPECT_TRUE(index.insert(hashes.back(), {hashes.size() - 1, 2, 0}));
  }
  void insert_new(std::size_t entries) {
    for (std::size_t i = 0; i < entries; ++i) insert_new();
  }
  std::size_t found() const {
    std::size_t found = 0;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const TierEntry entry = index.find(hashes[i]);
      found += entry && entry.location == i ? 1U : 0U;
    }
    return found;
  }
  void finish_resize() {
    while (index.step(kTierPageBuckets)) {
    }
  }

  TestPages pages;
  Lost lost;
  TierIndex index{pages, kBlocks, lost};
  Random random{1};
  std::vector<std::uint64_t> hashes;
};

TEST_F(TierIndexTest, FindsWhatWasInserted) {
  const std::uint64_t key = hash();
  EXPECT_FALSE(index.find(key));
  EXPECT_TRUE(index.insert(key, {77, 5, 1}));
  const TierEntry entry = index.find(key);
  EXPECT_EQ(entry.location, 77U);
  EXPECT_EQ(entry.length_code, 5U);
  EXPECT_EQ(entry.frequency, 1U);
  EXPECT_FALSE(index.find(hash()));
  EXPECT_EQ(index.size(), 1U);
}

TEST_F(TierIndexTest, KeepsTheExtremesOfEachField) {
  const std::uint64_t keys[] = {0, ~std::uint64_t{0}};
  index.insert(keys[0], {0, 1, 0});
  index.insert(keys[1], {kBlocks - 1, TierEntryFormat::kMaxLengthCode, 3});
  EXPECT_EQ(index.find(keys[0]).length_code, 1U);
  EXPECT_EQ(index.find(keys[1]).location, kBlocks - 1);
  EXPECT_EQ(index.find(keys[1]).length_code, TierEntryFormat::kMaxLengthCode);
  EXPECT_EQ(index.find(keys[1]).frequency, 3U);
}

TEST_F(TierIndexTest, NewerEntryReplacesTheOlder) {
  const std::uint64_t key = hash();
  index.insert(key, {1, 2, 3});
  index.insert(key, {9, 4, 0});
  EXPECT_EQ(index.find(key).location, 9U);
  EXPECT_EQ(index.find(key).frequency, 0U);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(lost.locations, (std::vector<std::uint64_t>{1}));
}

TEST_F(TierIndexTest, TouchCountsToThree) {
  const std::uint64_t key = hash();
  EXPECT_FALSE(index.touch(key));
  index.insert(key, {1, 2, 0});
  for (unsigned hits : {1U, 2U, 3U, 3U}) {
    EXPECT_TRUE(index.touch(key));
    EXPECT_EQ(index.find(key).frequency, hits);
  }
  EXPECT_EQ(index.find(key).location, 1U);
}

TEST_F(TierIndexTest, ErasesAndReplacesOnlyWhatIsMeant) {
  const std::uint64_t key = hash();
  index.insert(key, {1, 2, 0});
  EXPECT_FALSE(index.erase_if(key, 2));
  EXPECT_FALSE(index.replace(key, 2, {3, 1, 0}));
  EXPECT_TRUE(index.replace(key, 1, {3, 1, 2}));
  EXPECT_EQ(index.find(key).location, 3U);
  EXPECT_EQ(index.erase_if(key, 3).frequency, 2U);
  EXPECT_FALSE(index.erase(key));
  index.insert(key, {4, 2, 0});
  EXPECT_EQ(index.erase(key).location, 4U);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(lost.locations.empty());
}

TEST_F(TierIndexTest, PageIsNearlyFullBeforeAnythingIsLost) {
  index.set_max_pages(1);
  while (lost.locations.empty()) insert_new();
  EXPECT_GE(index.size(), kTierPageEntries * 93 / 100);
  EXPECT_EQ(found(), index.size());
  RecordProperty("permille", static_cast<int>(index.size() * 1000 / kTierPageEntries));
}

TEST_F(TierIndexTest, GrowsWithoutLosingAnything) {
  std::size_t growths = 0;
  for (std::size_t i = 0; i < 40 * kTierPageEntries; ++i) {
    const std::size_t capacity = index.capacity();
    insert_new();
    growths += index.capacity() != capacity ? 1U : 0U;
    if (i % 20'000 == 0) {
      ASSERT_STREQ(index.broken_invariant(), nullptr);
    }
  }
  EXPECT_GT(growths, 15U);
  EXPECT_EQ(found(), hashes.size());
  EXPECT_TRUE(lost.locations.empty());
  EXPECT_EQ(pages.out(), index.pages());
  // 8 bytes, and an eighth.
  EXPECT_LE(index.bytes(), hashes.size() * 10);
}

TEST_F(TierIndexTest, FindsEverythingInTheMiddleOfAMove) {
  index.set_max_pages(1);
  insert_new(kTierPageEntries * 93 / 100 + 1);
  index.set_max_pages(2);
  for (std::size_t moved = 0; index.step(100); ++moved) {
    EXPECT_TRUE(index.resizing());
    EXPECT_STREQ(index.broken_invariant(), nullptr);
    EXPECT_EQ(found(), hashes.size());
    // An entry that waits in the old page is replaced and erased there.
    const std::size_t changed = moved * 2;
    index.insert(hashes[changed], {changed, 7, 0});
    EXPECT_EQ(index.find(hashes[changed]).length_code, 7U);
    ASSERT_TRUE(index.erase(hashes[changed + 1]));
    EXPECT_FALSE(index.find(hashes[changed + 1]));
    index.insert(hashes[changed + 1], {changed + 1, 7, 0});
  }
  EXPECT_EQ(found(), hashes.size());
  EXPECT_EQ(index.capacity(), 2 * kTierPageEntries);
}

TEST_F(TierIndexTest, AStepMovesNoMoreThanItIsTold) {
  index.set_max_pages(8);
  insert_new(8 * kTierPageEntries * 93 / 100 + 8);
  index.set_max_pages(9);
  std::size_t steps = 1;
  while (index.step(1)) ++steps;
  EXPECT_EQ(steps, 8 * kTierPageBuckets);

  // An insert pays for a few buckets, and for more from 93.5 % on. So a table that grows is through
  // before it is full, though nobody makes steps.
  insert_new(9 * kTierPageEntries * 93 / 100 + 8 - hashes.size());
  index.set_max_pages(10);
  const std::size_t before = hashes.size();
  do {
    insert_new();
  } while (index.resizing());
  EXPECT_LT(hashes.size() - before, 9 * kTierPageBuckets / TierIndex::kBucketsMovedByInsert);
  EXPECT_GT(hashes.size() - before, 9 * kTierPageBuckets / TierIndex::kBucketsMovedInHurry);
  EXPECT_LT(hashes.size(), 9 * kTierPageEntries * 95 / 100);
  EXPECT_TRUE(lost.locations.empty());
}

// Steps do the most of it where there are some: then no insert hurries.
TEST_F(TierIndexTest, WithStepsInsertsMoveLittle) {
  index.set_max_pages(8);
  insert_new(8 * kTierPageEntries * 93 / 100 + 8);
  index.set_max_pages(9);
  while (index.step(16)) insert_new();
  EXPECT_LE(hashes.size(), 8 * kTierPageEntries * 94 / 100);
  EXPECT_EQ(found(), hashes.size());
}

TEST_F(TierIndexTest, LosesTheLeastFrequentThenTheOldest) {
  index.set_max_pages(1);
  insert_new(kTierPageEntries * 95 / 100);
  for (std::size_t i = hashes.size() / 2; i < hashes.size(); ++i) index.touch(hashes[i]);
  insert_new(kTierPageEntries);
  // What was touched outlives what was not, and the young the old.
  EXPECT_FALSE(lost.locations.empty());
  const std::size_t before = kTierPageEntries * 95 / 100;
  const auto lost_in = [&](std::size_t from, std::size_t to) {
    return std::count_if(lost.locations.begin(), lost.locations.end(),
                         [&](std::uint64_t location) { return location >= from && location < to; });
  };
  EXPECT_EQ(lost_in(before / 2, before), 0);
  EXPECT_GT(lost_in(0, before / 2), static_cast<std::int64_t>(before / 2 * 8 / 10));
}

TEST_F(TierIndexTest, AgeIsMeasuredAroundTheRing) {
  index.set_max_pages(1);
  // Old entries lie at the end of the part, young ones at its begin.
  const std::size_t old = kTierPageEntries / 2;
  std::size_t lost_old = 0;
  for (std::size_t i = 0; i < kTierPageEntries * 5 / 4; ++i) {
    index.insert(hash(), {(kBlocks - old + i) % kBlocks, 1, 0});
  }
  for (const std::uint64_t location : lost.locations) lost_old += location > kBlocks / 2 ? 1U : 0U;
  EXPECT_GE(lost_old, lost.locations.size() * 99 / 100);  // a few buckets have no old one left
}

TEST_F(TierIndexTest, WithoutMemoryNothingGoesInAtFirst) {
  pages.set_most(0);
  EXPECT_FALSE(index.insert(hash(), {1, 1, 0}));
  EXPECT_EQ(index.size(), 0U);
  pages.set_most(1);
  EXPECT_TRUE(index.insert(hash(), {1, 1, 0}));
}

TEST_F(TierIndexTest, WithoutMemoryToGrowItReplaces) {
  pages.set_most(3);
  insert_new(5 * kTierPageEntries);
  EXPECT_TRUE(index.resizing());
  EXPECT_LE(pages.out(), 3U);
  EXPECT_EQ(found(), index.size());
  EXPECT_EQ(index.size() + lost.locations.size(), hashes.size());
  EXPECT_GE(index.size(), 2 * kTierPageEntries * 93 / 100);
  // It goes on when there is memory again.
  pages.set_most(10);
  const std::size_t kept = index.size();
  finish_resize();
  EXPECT_FALSE(index.resizing());
  EXPECT_EQ(index.size(), kept);
}

TEST_F(TierIndexTest, ShrinksToTheLimit) {
  insert_new(20 * kTierPageEntries);
  finish_resize();
  index.set_max_pages(5);
  finish_resize();
  EXPECT_EQ(index.pages(), 5U);
  EXPECT_EQ(pages.out(), 5U);
  EXPECT_EQ(found(), index.size());
  EXPECT_GE(index.size(), 5 * kTierPageEntries * 95 / 100);
  EXPECT_EQ(index.size() + lost.locations.size(), hashes.size());
}

TEST_F(TierIndexTest, ShrinksWithoutMemory) {
  insert_new(20 * kTierPageEntries);
  finish_resize();
  pages.set_most(0);
  index.set_max_pages(5);
  for (std::size_t page = index.capacity(); page != 0 && index.step(64); --page) {
    pages.set_most(pages.out());  // it may take back what it gives, and no more
  }
  finish_resize();
  EXPECT_EQ(index.pages(), 5U);
  EXPECT_EQ(found(), index.size());
  EXPECT_GE(index.size(), 4 * kTierPageEntries);
}

TEST_F(TierIndexTest, ShrinksInTheMiddleOfGrowth) {
  for (const std::size_t moved : std::initializer_list<std::size_t>{0, 1, 3, 7}) {
    index.clear();
    finish_resize();
    hashes.clear();
    lost.locations.clear();
    pages.set_most(100);
    index.set_max_pages(8);
    insert_new(8 * kTierPageEntries * 93 / 100 + 8);
    ASSERT_FALSE(index.resizing());
    index.set_max_pages(9);
    index.step(moved * kTierPageBuckets + 5);
    ASSERT_TRUE(index.resizing());
    pages.set_most(0);
    index.set_max_pages(2);
    finish_resize();
    EXPECT_LE(index.pages(), 2U);
    EXPECT_STREQ(index.broken_invariant(), nullptr);
    EXPECT_EQ(found(), index.size());
    EXPECT_EQ(index.size() + lost.locations.size(), hashes.size());
    EXPECT_TRUE(index.insert(hash(), {1, 1, 0}) || index.pages() < 2);
  }
}

TEST_F(TierIndexTest, ClearsAtOnceAndGivesThePagesBackInSteps) {
  insert_new(12 * kTierPageEntries);
  index.clear();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(found(), 0U);
  EXPECT_GT(pages.out(), 10U);
  EXPECT_TRUE(lost.locations.empty());
  insert_new(100);
  finish_resize();
  EXPECT_EQ(pages.out(), 1U);
  EXPECT_EQ(index.pages(), 1U);
}

// A record's region fails: all its entries go, also those that a move carries past the sweep.
TEST_F(TierIndexTest, SweepSeesEveryEntryWhileTheTableMoves) {
  for (const std::size_t max_pages : std::initializer_list<std::size_t>{9, 3}) {
    index.set_max_pages(8);
    insert_new(8 * kTierPageEntries * 93 / 100 - hashes.size() + 8);
    finish_resize();
    index.set_max_pages(max_pages);
    const std::size_t failed_before = hashes.size() / 3;
    TierSweep at;
    std::size_t steps = 0;
    while (
        index.sweep(at, [&](const TierEntry& entry) { return entry.location < failed_before; })) {
      index.step(777);
      ASSERT_STREQ(index.broken_invariant(), nullptr);
      ++steps;
    }
    EXPECT_LE(steps, 20U);
    std::size_t left = 0;
    index.for_each(
        [&](const TierEntry& entry) { left += entry.location < failed_before ? 1U : 0U; });
    EXPECT_EQ(left, 0U);
    EXPECT_GT(index.size(), 0U);
  }
}

// A miss finds nothing in nearly all cases: 16 candidates against 26 bits that tell.
TEST_F(TierIndexTest, FalseMatchesAreRare) {
  insert_new(10 * kTierPageEntries);
  std::size_t matches = 0;
  for (int i = 0; i < 1'000'000; ++i) matches += index.find(hash()) ? 1U : 0U;
  EXPECT_LE(matches, 5U);
}

}  // namespace
}  // namespace isocache
