// The index by itself: growth in steps, overflow, and the size of a line.
#include "store/index.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/hash.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() : heap_(64U << 20, memory_), index_(heap_, HashKey()) {}

  // An item with only a key: the index reads nothing else.
  Location make_item(const std::string& name) {
    const std::size_t bytes = round_to_unit(sizeof(ItemHeader) + name.size());
    if (segment_ == 0 || used_ + bytes > limits::kSegmentBytes) {
      segment_ = heap_.acquire(SegmentUse::kSmall);
      used_ = 0;
    }
    const Location location = Heap::locate(segment_, used_);
    used_ += bytes;
    auto* header = heap_.record<ItemHeader>(location);
    header->key_length = static_cast<std::uint8_t>(name.size());
    std::memcpy(header + 1, name.data(), name.size());
    return location;
  }
  bool add(const std::string& name) {
    if (index_.wants_growth()) index_.begin_growth();
    if (index_.growing()) {
      EXPECT_TRUE(index_.grow(3));
    }
    const Location location = make_item(name);
    locations_.push_back(location);
    return index_.insert(hash_bytes(name, HashKey()), location, 0);
  }
  Slot find(const std::string& name) {
    return index_.find(hash_bytes(name, HashKey()), [&](Location location) {
      const auto* header = heap_.record<ItemHeader>(location);
      return header->key_length == name.size() &&
             std::memcmp(header + 1, name.data(), name.size()) == 0;
    });
  }

  TestMemory memory_;
  Heap heap_;
  Index index_;
  std::vector<Location> locations_;
  SegmentId segment_ = 0;
  std::size_t used_ = 0;
};

TEST_F(IndexTest, FindsEveryKeyAtEveryMomentOfItsGrowth) {
  constexpr int kKeys = 60'000;
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(add("key" + std::to_string(i)));
    const int probe = i * 7919 % (i + 1);
    const Slot slot = find("key" + std::to_string(probe));
    ASSERT_TRUE(slot) << probe << " of " << i;
    ASSERT_EQ(slot.location(), locations_[static_cast<std::size_t>(probe)]);
    ASSERT_FALSE(find("other" + std::to_string(i)));
  }
  EXPECT_EQ(index_.size(), static_cast<std::size_t>(kKeys));
  // The table is never less than half full once it is a few pages large.
  EXPECT_GT(kKeys * 2, static_cast<int>(index_.buckets() * Bucket::kSlots) - kKeys);
}

TEST_F(IndexTest, EraseLeavesTheOthers) {
  for (int i = 0; i < 20'000; ++i) add("key" + std::to_string(i));
  for (int i = 0; i < 20'000; i += 2) {
    const std::string name = "key" + std::to_string(i);
    index_.erase(find(name), hash_bytes(name, HashKey()));
  }
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_EQ(static_cast<bool>(find("key" + std::to_string(i))), i % 2 == 1) << i;
  }
  EXPECT_EQ(index_.size(), 10'000U);
}

TEST_F(IndexTest, OverflowCountsGoBackToZero) {
  for (int i = 0; i < 8'900; ++i) add("key" + std::to_string(i));
  std::size_t overflowing = 0;
  std::vector<const Bucket*> buckets;
  index_.for_each([&](Slot slot) {
    if (slot.index == 0) buckets.push_back(slot.bucket);
  });
  for (const Bucket* bucket : buckets) overflowing += bucket->overflow() != 0 ? 1U : 0U;
  EXPECT_GT(overflowing, 0U) << "87 % full: some buckets overflow";
  EXPECT_LT(overflowing, buckets.size() / 2);
  for (int i = 0; i < 8'900; ++i) {
    const std::string name = "key" + std::to_string(i);
    index_.erase(find(name), hash_bytes(name, HashKey()));
  }
  for (const Bucket* bucket : buckets) EXPECT_EQ(bucket->overflow(), 0U);
}

TEST_F(IndexTest, ASlotKeepsLocationAndFrequencyApart) {
  Bucket bucket{};
  const Location last = (Location{1} << kLocationBits) - 1;
  for (unsigned i = 0; i < Bucket::kSlots; ++i)
    bucket.set(i, static_cast<std::uint8_t>(i + 1), last - i, i % 4);
  for (unsigned i = 0; i < Bucket::kSlots; ++i) {
    EXPECT_EQ(bucket.location(i), last - i);
    EXPECT_EQ(bucket.frequency(i), i % 4);
    EXPECT_EQ(bucket.match(static_cast<std::uint8_t>(i + 1)), 1U << i);
  }
  bucket.set_frequency(4, 3);
  bucket.set_location(5, 42);
  EXPECT_EQ(bucket.location(4), last - 4);
  EXPECT_EQ(bucket.frequency(4), 3U);
  EXPECT_EQ(bucket.location(5), 42U);
  EXPECT_EQ(bucket.frequency(5), 1U);
  EXPECT_EQ(bucket.location(6), last - 6);
}

}  // namespace
}  // namespace isocache
