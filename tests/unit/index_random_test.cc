// Random inserts and erases against a multimap, with few hashes, so that pages fill and spill, and
// while the table grows and memory runs out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include "base/hash.h"
#include "store/index.h"
#include "support/seeds.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

class RandomIndex {
 public:
  RandomIndex(const HashKey& hash_key, std::size_t memory_bytes, unsigned seed)
      : hash_key_(hash_key), heap_(64U << 20, memory_), index_(heap_, hash_key), random_(seed) {
    memory_.set_most_bytes(memory_bytes);
  }

  void run(int operations, std::size_t most_entries) {
    for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
      if (random_() % 64 == 0) heap_.retry_source();
      // Full for a while, then empty for a while.
      const bool rises = i / (operations / 4) % 2 == 0;
      if (random_() % 8 < (rises ? 7U : 2U) && entries_.size() < most_entries) {
        insert();
      } else {
        erase();
      }
      find_some();
      if (i % 2000 == 0) check();
    }
    while (!entries_.empty()) erase();
    check();
    EXPECT_EQ(index_.size(), 0U);
  }
  std::size_t most_pages() const { return most_pages_; }
  bool grew() const { return grew_; }
  std::size_t refused() const { return refused_; }

 private:
  // An item with only a key: the index reads nothing else.
  Location make_item(const std::string& name) {
    const std::size_t bytes = round_to_unit(sizeof(ItemHeader) + name.size());
    if (segment_ == 0 || used_ + bytes > limits::kSegmentBytes) {
      const SegmentId id = heap_.acquire(SegmentUse::kSmall);
      if (id == 0) return 0;
      segment_ = id;
      used_ = 0;
    }
    const Location location = Heap::locate(segment_, used_);
    used_ += bytes;
    auto* header = heap_.record<ItemHeader>(location);
    header->key_length = static_cast<std::uint8_t>(name.size());
    std::memcpy(header + 1, name.data(), name.size());
    return location;
  }

  void insert() {
    if (index_.wants_growth()) index_.begin_growth();
    grew_ = grew_ || index_.growing();
    if (index_.growing()) index_.grow(3);
    const std::string name = std::to_string(++last_);
    const Location location = make_item(name);
    if (location == 0) return;
    const std::uint64_t hash = hash_bytes(name, hash_key_);
    if (index_.insert(hash, location, 0)) {
      entries_.emplace(hash, location);
    } else {
      ++refused_;
    }
    most_pages_ = std::max(most_pages_, index_.pages());
  }

  // Any entry, with any hash.
  std::multimap<std::uint64_t, Location>::iterator any() {
    auto at = entries_.lower_bound(random_() | std::uint64_t{random_()} << 32U);
    if (at == entries_.end()) at = entries_.begin();
    for (std::size_t steps = random_() % 200; steps > 0; --steps) {
      if (++at == entries_.end()) at = entries_.begin();
    }
    return at;
  }
  Slot find(std::uint64_t hash, Location wanted) {
    return index_.find(hash, [&](Location location) { return location == wanted; });
  }

  void erase() {
    if (entries_.empty()) return;
    const auto at = any();
    const Slot slot = find(at->first, at->second);
    ASSERT_TRUE(slot);
    index_.erase(slot, at->first);
    EXPECT_FALSE(find(at->first, at->second));
    entries_.erase(at);
  }
  void find_some() {
    if (entries_.empty()) return;
    const auto at = any();
    EXPECT_TRUE(find(at->first, at->second));
    EXPECT_FALSE(find(at->first, 1));
  }
  void check() {
    EXPECT_STREQ(index_.broken_invariant(), nullptr);
    EXPECT_EQ(index_.size(), entries_.size());
    std::size_t seen = 0;
    index_.for_each([&](Slot) { ++seen; });
    EXPECT_EQ(seen, entries_.size());
  }

  HashKey hash_key_;
  TestMemory memory_;
  Heap heap_;
  Index index_;
  std::mt19937 random_;
  std::multimap<std::uint64_t, Location> entries_;
  SegmentId segment_ = 0;
  std::size_t used_ = 0;
  std::size_t last_ = 0;
  std::size_t most_pages_ = 0;
  std::size_t refused_ = 0;
  bool grew_ = false;
};

TEST(IndexRandom, FewHashesSpillOverSeveralPages) {
  for (unsigned seed = first_seed(), end = seed + 2; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomIndex random(weak_hash_key(seed), 64U << 20, seed);
    random.run(40'000, 6000);
    EXPECT_GT(random.most_pages(), 10U);
  }
}

TEST(IndexRandom, WhileItGrows) {
  for (unsigned seed = first_seed(), end = seed + 2; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    HashKey hash_key = weak_hash_key(seed);
    hash_key.mask |= 0x0ff0'0000'0000'00f0U;
    RandomIndex random(hash_key, 64U << 20, seed);
    random.run(120'000, 20'000);
    EXPECT_TRUE(random.grew());
    EXPECT_GT(random.most_pages(), 4U);
  }
}

TEST(IndexRandom, WhileMemoryRunsOut) {
  for (unsigned seed = first_seed(), end = seed + 2; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomIndex random(weak_hash_key(seed), 1U << 20, seed);
    random.run(40'000, 6000);
    EXPECT_GT(random.refused(), 0U);
  }
}

// A count that has reached its maximum is never trusted to go down again.
TEST(IndexRandom, AFullOverflowCountStays) {
  Bucket bucket{};
  for (unsigned i = 0; i < 65'534; ++i) bucket.add_overflow();
  bucket.drop_overflow();
  EXPECT_EQ(bucket.overflow(), 65'533U);
  for (unsigned i = 0; i < 10; ++i) bucket.add_overflow();
  EXPECT_EQ(bucket.overflow(), 65'535U);
  for (unsigned i = 0; i < 65'543; ++i) bucket.drop_overflow();
  EXPECT_EQ(bucket.overflow(), 65'535U);
}

}  // namespace
}  // namespace isocache
