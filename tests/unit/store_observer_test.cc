// An EvictionObserver sees every evicted item, complete, and no other item.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "store/store.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

constexpr UnixSeconds kNow = 1000;

// Short values, and values that lie in pieces over several segments.
std::string value_of(int i) {
  const std::size_t length = i % 50 == 0 ? 150'000 : static_cast<std::size_t>(i % 3000);
  return std::string(length, static_cast<char>('a' + i % 26));
}

class Recorder : public EvictionObserver {
 public:
  bool evicting(const ItemView& item, std::uint64_t hash) noexcept override {
    EXPECT_EQ(hash, Store::hash(item.key(), HashKey()));
    std::string value;
    item.for_each_piece([&](const Piece& piece) { value += piece.bytes; });
    EXPECT_TRUE(evicted.emplace(item.key(), value).second) << "told twice: " << item.key();
    EXPECT_EQ(item.client_flags(), value.size());
    return takes_items;
  }
  bool takes_items = false;
  std::map<std::string, std::string> evicted;
};

class StoreObserverTest : public ::testing::Test {
 protected:
  StoreObserverTest()
      : store_({.memory_limit = 4U << 20, .max_item_size = 1U << 20, .observer = &recorder_},
               memory_) {}
  static Key key(std::string_view name) { return {name, Store::hash(name, HashKey())}; }
  void put(std::string_view name, std::string_view value, UnixSeconds exptime = 0) {
    const ItemFields fields{.client_flags = static_cast<std::uint32_t>(value.size()),
                            .exptime = exptime};
    const Item old = store_.find(key(name), kNow).item;
    ASSERT_EQ(store_.put(key(name), old, fields, {&value, 1}, kNow), PutStatus::kStored);
  }

  TestMemory memory_;
  Recorder recorder_;
  Store store_;
};

TEST_F(StoreObserverTest, EveryItemIsHeldOrWasTold) {
  constexpr int kItems = 20'000;
  for (int i = 0; i < kItems; ++i) {
    const std::string name = std::to_string(i);
    put(name, value_of(i));
    if (i % 7 == 0) store_.on_hit(store_.find(key(name), kNow).item, kNow);
  }
  EXPECT_EQ(recorder_.evicted.size(), store_.counters().evictions);
  EXPECT_GT(recorder_.evicted.size(), kItems / 2U);
  for (int i = 0; i < kItems; ++i) {
    const std::string name = std::to_string(i);
    const auto told = recorder_.evicted.find(name);
    ASSERT_NE(static_cast<bool>(store_.find(key(name), kNow).item),
              told != recorder_.evicted.end());
    if (told != recorder_.evicted.end()) {
      ASSERT_TRUE(told->second == value_of(i)) << name;
    }
  }
}

TEST_F(StoreObserverTest, OtherEndsAreNotTold) {
  const std::string value(1000, 'v');
  for (int i = 0; i < 1000; ++i) put("short-lived" + std::to_string(i), value, kNow + 1);
  for (int i = 0; i < 100'000; ++i)
    put("overwritten", std::string(static_cast<std::size_t>(i % 1000), 'v'));
  store_.remove(store_.find(key("overwritten"), kNow).item);
  while (store_.tick(kNow + 1)) {
  }
  store_.flush();
  while (store_.tick(kNow + 1)) {
  }
  EXPECT_EQ(recorder_.evicted.size(), 0U);
}

TEST_F(StoreObserverTest, FlushedItemsAreCountedUntilTheyAreReclaimed) {
  for (int i = 0; i < 5000; ++i) put(std::to_string(i), "v");
  EXPECT_EQ(store_.flushed_item_count(), 0U);
  store_.flush();
  put("later", "v");
  EXPECT_EQ(store_.flushed_item_count(), 5000U);
  EXPECT_EQ(store_.item_count(), 5001U);
  while (store_.tick(kNow)) {
  }
  EXPECT_EQ(store_.flushed_item_count(), 0U);
  EXPECT_EQ(store_.item_count(), 1U);
}

}  // namespace
}  // namespace isocache
