// What eviction knows about items is carried from one store to another; and the order in which
// eviction reaches items.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "store/store.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

class StorePutBackTest : public ::testing::Test {
 protected:
  struct Shard {
    explicit Shard(std::size_t limit) : store({.memory_limit = limit}, memory) {}
    ~Shard() { EXPECT_STREQ(store.broken_invariant(), nullptr); }
    TestMemory memory;
    Store store;
  };
  static constexpr std::size_t kLimit = 4U << 20U;
  static constexpr UnixSeconds kNow = 1000;
  // As large as what sweep() puts, so that they share their queues.
  const std::string value_ = std::string(200, 'v');

  static Key key(std::string_view name) { return {name, Store::hash(name, {})}; }
  static Item find(Store& store, std::string_view name) { return store.find(key(name), kNow).item; }
  static void put(Store& store, std::string_view name, std::string_view value) {
    ASSERT_EQ(store.put(key(name), find(store, name), {}, {&value, 1}, kNow), PutStatus::kStored);
  }
  static PutStatus put_back(Store& store, std::string_view name, std::string_view value,
                            const Standing& standing) {
    return store.put_back(key(name), {.client_flags = 7, .cas = 9}, standing, {&value, 1}, kNow);
  }
  static std::string read(Store& store, std::string_view name) {
    std::string value;
    const Item item = find(store, name);
    if (!item) return "(none)";
    store.for_each_piece(item, [&](const Piece& piece) { value += piece.bytes; });
    return value;
  }
  // The keys in the order of segments_by_age(), a few items at a time.
  static std::vector<std::string> by_age(Store& store) {
    std::vector<std::string> keys;
    const auto order = store.segments_by_age();
    std::uint64_t cursor = 0;
    do {
      cursor = store.scan(
          cursor, 100, Store::kAnyLooks, kNow,
          [&](const ItemView& item) { keys.emplace_back(item.key()); }, order.get());
    } while (cursor != 0);
    return keys;
  }
  // Puts new items, `times` as many as there is room for.
  static void sweep(Store& store, std::size_t times) {
    const std::string value(200, 'n');
    for (std::size_t i = 0; i < times * kLimit / 250; ++i) {
      put(store, "new" + std::to_string(i), value);
    }
    ASSERT_GT(store.counters().evictions, 0U);
  }

  Shard shard_{kLimit};
  Store& store_ = shard_.store;
};

TEST_F(StorePutBackTest, AnItemGetsTheStandingItHad) {
  for (unsigned frequency = 0; frequency <= 3; ++frequency) {
    for (const bool in_main : {false, true}) {
      ASSERT_EQ(put_back(store_, "k", "value", {in_main, frequency}), PutStatus::kStored);
      const Standing standing = store_.view(find(store_, "k")).standing();
      EXPECT_EQ(standing.in_main, in_main);
      EXPECT_EQ(standing.frequency, frequency);
      EXPECT_EQ(read(store_, "k"), "value");
      EXPECT_EQ(find(store_, "k").client_flags(), 7U);
      EXPECT_EQ(find(store_, "k").cas(), 9U);
    }
  }
  EXPECT_EQ(store_.item_count(), 1U);
}

TEST_F(StorePutBackTest, StandingIsWhatReadsAndEvictionMadeOfIt) {
  put(store_, "k", value_);
  EXPECT_EQ(store_.view(find(store_, "k")).standing().frequency, 0U);
  for (unsigned reads = 1; reads <= 5; ++reads) {
    store_.on_hit(find(store_, "k"), kNow);
    EXPECT_EQ(store_.view(find(store_, "k")).standing().frequency, std::min(reads, 3U));
  }
  EXPECT_FALSE(store_.view(find(store_, "k")).standing().in_main);
  sweep(store_, 2);
  ASSERT_TRUE(find(store_, "k"));
  EXPECT_TRUE(store_.view(find(store_, "k")).standing().in_main);
}

TEST_F(StorePutBackTest, ASweepTakesTheColdAndLeavesTheHot) {
  ASSERT_EQ(put_back(store_, "main", value_, {true, 2}), PutStatus::kStored);
  ASSERT_EQ(put_back(store_, "read", value_, {false, 1}), PutStatus::kStored);
  ASSERT_EQ(put_back(store_, "cold", value_, {false, 0}), PutStatus::kStored);
  sweep(store_, 3);
  EXPECT_EQ(read(store_, "main"), value_);
  EXPECT_EQ(read(store_, "read"), value_);
  EXPECT_FALSE(find(store_, "cold"));
}

TEST_F(StorePutBackTest, WhatIsRefusedLeavesWhatWasThere) {
  store_.set_max_item_size(1000);
  put(store_, "k", "old");
  EXPECT_EQ(put_back(store_, "k", std::string(2000, 'x'), {true, 1}), PutStatus::kTooLarge);
  EXPECT_EQ(read(store_, "k"), "old");
  EXPECT_FALSE(store_.view(find(store_, "k")).standing().in_main);
}

TEST_F(StorePutBackTest, AnUploadGoesToTheQueueItIsGiven) {
  const std::string value(300'000, 'u');
  const Standing standing{true, 2};
  put(store_, "k", "old");
  Upload upload;
  ASSERT_EQ(store_.begin_upload(key("k"), value.size(), kNow, &upload, &standing),
            PutStatus::kStored);
  while (upload.remaining != 0) {
    const std::span<char> window = store_.upload_window(upload);
    ASSERT_FALSE(window.empty());
    std::fill(window.begin(), window.end(), 'u');
    store_.upload_received(upload, window.size());
  }
  const Item item = store_.commit_upload(upload, key("k"), find(store_, "k"), {}, kNow);
  ASSERT_TRUE(item);
  store_.set_frequency(item, standing.frequency);
  EXPECT_TRUE(store_.view(find(store_, "k")).standing().in_main);
  EXPECT_EQ(store_.view(find(store_, "k")).standing().frequency, 2U);
  EXPECT_EQ(read(store_, "k"), value);
}

TEST_F(StorePutBackTest, TheOrderIsThatOfEviction) {
  // Bands whose segments are recycled many times, so that they do not lie in the order of their
  // age.
  for (int i = 0; i < 60'000; ++i) {
    put(store_, "k" + std::to_string(i),
        std::string(static_cast<std::size_t>(20 + i % 4 * 100), 'v'));
  }
  const std::vector<std::string> keys = by_age(store_);
  EXPECT_EQ(keys.size(), store_.item_count());
  // No item was read and moved on, so within a queue the oldest items come first.
  std::vector<int> last(std::size_t{2} * kBands, -1);
  for (const std::string& name : keys) {
    const int number = std::stoi(name.substr(1));
    const Item item = find(store_, name);
    const unsigned band = Store::band_of(name.size(), item.value_length());
    int& before = last[2 * band + (store_.view(item).standing().in_main ? 1 : 0)];
    ASSERT_GT(number, before);
    before = number;
  }
  // Put back in that order, all items fit into a store of the same size.
  Shard copy(kLimit);
  for (const std::string& name : keys) {
    ASSERT_EQ(
        put_back(copy.store, name, read(store_, name), store_.view(find(store_, name)).standing()),
        PutStatus::kStored);
  }
  EXPECT_EQ(by_age(copy.store).size(), keys.size());
  EXPECT_EQ(copy.store.counters().evictions, 0U);
}

TEST_F(StorePutBackTest, NothingStoredIsAnEmptyOrder) {
  EXPECT_EQ(store_.segments_by_age()[0], 0U);
  EXPECT_TRUE(by_age(store_).empty());
}

}  // namespace
}  // namespace isocache
