// Random operations against a map of what the index calls one entry: a remainder and a pair of
// buckets. With strong and weak hashes, while the table grows and shrinks and memory runs out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/hash.h"
#include "support/random.h"
#include "support/seeds.h"
#include "support/test_pages.h"
#include "tier/tier_index.h"

namespace isocache {
namespace {

constexpr std::uint64_t kBlocks = 1U << 22;

class RandomTierIndex : public TierIndexObserver {
 public:
  RandomTierIndex(std::uint64_t mask, std::size_t keys, unsigned seed)
      : mask_(mask), keys_(keys), random_(seed) {}

  void run(int operations) {
    for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
      // Full for a while, then empty for a while.
      change(i / (operations / 6) % 2 == 0);
      if (random_.one_in(200)) change_memory();
      if (random_.one_in(8)) look(hash());
      if (i % (operations / 40) == 0) check();
    }
    check();
  }
  void on_lost(const TierEntry& entry) override {
    const auto at = places_.find(entry.location);
    ASSERT_NE(at, places_.end());
    ASSERT_EQ(entries_.at(at->second).frequency, entry.frequency);
    entries_.erase(at->second);
    places_.erase(at);
    ++lost_;
  }
  std::size_t lost() const { return lost_; }
  std::size_t most() const { return most_; }

 private:
  using Identity = std::pair<std::uint64_t, std::size_t>;

  std::uint64_t hash() { return hash_key(random_.below(keys_)); }
  std::uint64_t hash_key(std::uint64_t key) const {
    return hash_bytes({reinterpret_cast<const char*>(&key), sizeof key}, hash_key_of(7)) & mask_;
  }
  Identity identity(std::uint64_t hash) const {
    const std::size_t bucket = TierEntryFormat::first_bucket(hash);
    return {format_.remainder(hash), std::min(bucket, format_.other_bucket(bucket, hash))};
  }
  TierEntry next_entry() {
    do {
      newest_ = (newest_ + 1 + random_.below(3)) % kBlocks;
    } while (places_.count(newest_) != 0);
    return {newest_, static_cast<std::uint8_t>(1 + random_.below(127)),
            static_cast<std::uint8_t>(random_.below(4))};
  }
  TierEntry known(std::uint64_t hash) const {
    const auto at = entries_.find(identity(hash));
    return at == entries_.end() ? TierEntry{} : at->second;
  }
  void learn(std::uint64_t hash, const TierEntry& entry) {
    entries_[identity(hash)] = entry;
    places_[entry.location] = identity(hash);
    most_ = std::max(most_, entries_.size());
  }
  void forget(std::uint64_t hash) {
    places_.erase(known(hash).location);
    entries_.erase(identity(hash));
  }
  void expect_equal(const TierEntry& a, const TierEntry& b) {
    EXPECT_EQ(a.location, b.location);
    EXPECT_EQ(a.length_code, b.length_code);
    EXPECT_EQ(a.frequency, b.frequency);
  }

  void look(std::uint64_t hash) {
    index_.prefetch(hash);
    expect_equal(index_.find(hash), known(hash));
  }
  void insert(std::uint64_t hash) {
    const TierEntry entry = next_entry();
    // It tells what it loses. A refusal may lose nothing but what stood for this hash.
    if (index_.insert(hash, entry)) {
      learn(hash, entry);
    } else {
      EXPECT_FALSE(known(hash));
    }
  }
  void erase(std::uint64_t hash) {
    const TierEntry wanted = known(hash);
    const bool by_location = random_.one_in(2);
    const std::uint64_t location = wanted.location ^ random_.below(2);
    const TierEntry erased = by_location ? index_.erase_if(hash, location) : index_.erase(hash);
    const bool expected = wanted && (!by_location || location == wanted.location);
    expect_equal(erased, expected ? wanted : TierEntry{});
    if (expected) forget(hash);
  }
  void replace(std::uint64_t hash) {
    const TierEntry old = known(hash);
    const std::uint64_t location = old.location ^ random_.below(2);
    const TierEntry entry = next_entry();
    const bool replaced = index_.replace(hash, location, entry);
    EXPECT_EQ(replaced, old && old.location == location);
    if (!replaced) return;
    forget(hash);
    learn(hash, entry);
  }
  void touch(std::uint64_t hash) {
    const auto at = entries_.find(identity(hash));
    EXPECT_EQ(index_.touch(hash), at != entries_.end());
    if (at != entries_.end() && at->second.frequency < 3) ++at->second.frequency;
  }
  void change(bool rises) {
    const std::uint64_t key = hash();
    const std::uint32_t what = random_.below(16);
    if (what < (rises ? 11U : 3U)) return insert(key);
    if (what < 13) return erase(key);
    what == 13 ? touch(key) : replace(key);
  }
  void change_memory() {
    switch (random_.below(8)) {
      case 0: return index_.set_max_pages(1 + random_.below(12));
      case 1: return pages_.set_most(random_.below(16));
      case 2: return pages_.refuse_every(std::size_t{2} * random_.below(3));
      case 3: {
        if (!random_.one_in(20)) return;
        index_.clear();
        entries_.clear();
        return places_.clear();
      }
      case 4: return sweep();
      default: index_.step(1 + random_.below(2000));
    }
  }
  // A whole sweep with steps between its own.
  void sweep() {
    const std::uint64_t from = random_.below(kBlocks);
    const std::uint64_t to = from + random_.below(kBlocks / 16);
    TierSweep at;
    const auto drop = [&](const TierEntry& entry) {
      if (entry.location < from || entry.location >= to) return false;
      const auto place = places_.find(entry.location);
      EXPECT_NE(place, places_.end());
      entries_.erase(place->second);
      places_.erase(place);
      return true;
    };
    while (index_.sweep(at, drop)) index_.step(random_.below(800));
    const auto left = places_.lower_bound(from);
    EXPECT_TRUE(left == places_.end() || left->first >= to);
  }
  void check() {
    ASSERT_STREQ(index_.broken_invariant(), nullptr);
    ASSERT_EQ(index_.size(), entries_.size());
    ASSERT_EQ(index_.pages(), pages_.out());
    std::size_t seen = 0;
    index_.for_each([&](const TierEntry& entry) {
      ++seen;
      expect_equal(entry, entries_.at(places_.at(entry.location)));
    });
    ASSERT_EQ(seen, entries_.size());
    for (std::size_t key = 0; key < keys_; key += 1 + random_.below(64)) look(hash_key(key));
  }

  std::uint64_t mask_;
  std::size_t keys_;
  Random random_;
  TestPages pages_;
  TierEntryFormat format_{kBlocks};
  TierIndex index_{pages_, kBlocks, *this};
  std::map<Identity, TierEntry> entries_;
  std::map<std::uint64_t, Identity> places_;  // by location, which no two share here
  std::uint64_t newest_ = 0;
  std::size_t lost_ = 0;
  std::size_t most_ = 0;
};

TEST(TierIndexRandom, StrongHash) {
  for (unsigned seed = first_seed(); seed < first_seed() + 4; ++seed) {
    SCOPED_TRACE(seed);
    RandomTierIndex test(~std::uint64_t{0}, 80'000, seed);
    test.run(400'000);
    EXPECT_GT(test.most(), 2 * kTierPageEntries);
    EXPECT_GT(test.lost(), 1'000U);
  }
}

TEST(TierIndexRandom, HashOf4Bits) {
  RandomTierIndex test(weak_hash_key(0).mask, 1'000, first_seed());
  test.run(40'000);
  EXPECT_LE(test.most(), 16U);
}

// Few remainders, all buckets: growth does not spread the entries.
TEST(TierIndexRandom, RemaindersOf4Bits) {
  RandomTierIndex test(0xF000'0000'0FFC'0000U, 20'000, first_seed());
  test.run(200'000);
  EXPECT_GT(test.most(), kTierPageEntries / 2);
}

// One bucket for all: it is always full.
TEST(TierIndexRandom, OneFirstBucket) {
  RandomTierIndex test(0xFFFF'FFFF'0000'0000U, 40'000, first_seed());
  test.run(200'000);
  EXPECT_GT(test.lost(), 1'000U);
}

}  // namespace
}  // namespace isocache
