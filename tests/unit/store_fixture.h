// A store for one test, over memory that is as bad as the interface allows.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "store/store.h"
#include "support/test_memory.h"

namespace isocache {

class StoreFixture : public ::testing::Test {
 protected:
  // Replaces the store that is open.
  void open(const StoreOptions& options) {
    store_.reset();
    memory_ = std::make_unique<TestMemory>();
    store_ = std::make_unique<Store>(options, *memory_);
  }
  void TearDown() override { EXPECT_STREQ(store_->broken_invariant(), nullptr); }

  Key key(std::string_view name) const { return store_->key(name); }
  Item find(std::string_view name) { return store_->find(key(name), now_s_).item; }
  std::string read(Item item) const {
    std::string value;
    store_->for_each_piece(item, [&](const Piece& piece) { value += piece.bytes; });
    return value;
  }

  std::unique_ptr<TestMemory> memory_;
  std::unique_ptr<Store> store_;
  UnixSeconds now_s_ = 1000;
};

// A store of 4 MB.
class StoreTest : public StoreFixture {
 protected:
  void SetUp() override { open({.memory_limit = 4U << 20}); }

  PutStatus put(std::string_view name, std::string_view value, ItemFields fields = {}) {
    const std::string_view parts[] = {value};
    return store_->put(key(name), find(name), fields, parts, now_s_);
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
};

}  // namespace isocache
