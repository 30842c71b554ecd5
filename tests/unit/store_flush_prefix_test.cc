// A flush of one prefix: what it hides, what it leaves, and when it is forgotten.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

class FlushPrefixTest : public StoreWorstTest {
 protected:
  void SetUp() override { open({.memory_limit = 4 * kMiB}); }
  bool flush(std::string_view prefix) {
    if (!store_->flush_prefix(prefix, ':')) return false;
    const std::string begin = std::string(prefix) + ":";
    std::erase_if(held_, [&](const auto& one) { return one.first.starts_with(begin); });
    return true;
  }
  // Several sizes, so that several segments are open.
  void put_all(const std::string& prefix, int count, std::size_t seed = 0) {
    static constexpr std::size_t kSizes[] = {1, 30, 200, 900, 3000};
    for (int i = 0; i < count; ++i) {
      const auto n = static_cast<std::size_t>(i);
      put(prefix + std::to_string(i), value_of(seed + n, kSizes[n % std::size(kSizes)]));
    }
  }
  void expect_just_held(const std::vector<std::string>& prefixes, int count) {
    EXPECT_EQ(count_missing(), 0U);
    for (const std::string& prefix : prefixes) {
      for (int i = 0; i < count; ++i) {
        const std::string name = prefix + std::to_string(i);
        EXPECT_EQ(static_cast<bool>(find(name)), held_.contains(name)) << name;
      }
    }
  }
  void sweep() {
    tick_to_the_end();
    now_s_ += 60;
    tick_to_the_end();
  }
};

TEST_F(FlushPrefixTest, HidesItsPrefixAndNoOther) {
  const std::vector<std::string> prefixes = {"a:", "ab:", "", "a", ":", "b:a:"};
  for (const std::string& prefix : prefixes) put_all(prefix, 100);
  ASSERT_TRUE(flush("a"));
  EXPECT_EQ(store_->peek(key("a:7"), now_s_).miss, Miss::kFlushed);
  EXPECT_TRUE(store_->peek(key("a7"), now_s_).item);
  EXPECT_FALSE(find("a:7"));
  EXPECT_TRUE(find("a7"));
  EXPECT_TRUE(find("b:a:7"));
  expect_just_held(prefixes, 100);
  ASSERT_TRUE(flush(""));
  EXPECT_FALSE(find(":7"));
  expect_just_held(prefixes, 100);
  EXPECT_EQ(store_->find(key("nothing"), now_s_).miss, Miss::kAbsent);
  put("a:1", "new");
  ASSERT_TRUE(flush("a"));
  EXPECT_EQ(store_->find(key("a:1"), now_s_).miss, Miss::kFlushed);
}

// They go to the same segments, and some of them where the flushed ones were.
TEST_F(FlushPrefixTest, WhatIsStoredLaterIsThere) {
  for (std::size_t round = 0; round < 20; ++round) {
    put_all("a:", 50, round);
    put_all("b:", 50, round + 1000);
    ASSERT_TRUE(flush(round % 2 == 0 ? "a" : "b"));
    put_all("a:", 20, round + 2000);
    expect_just_held({"a:", "b:"}, 50);
    ASSERT_STREQ(store_->broken_invariant(), nullptr);
  }
}

TEST_F(FlushPrefixTest, ItemsThatMoveStayAndFlushedOnesDoNotComeBack) {
  put_all("a:", 200);
  put_all("b:", 200);
  for (const auto& [name, value] : held_) store_->on_hit(find(name), now_s_);
  ASSERT_TRUE(flush("a"));
  put_all("a:", 20, 77);
  for (int i = 0; i < 20; ++i) store_->on_hit(find("a:" + std::to_string(i)), now_s_);
  // All of it is moved or evicted, several times over.
  for (int i = 0; i < 20'000; ++i) put("fill" + std::to_string(i), value_of(0, 500));
  for (int i = 20; i < 200; ++i) EXPECT_FALSE(find("a:" + std::to_string(i)));
  EXPECT_GT(store_->counters().promoted, 0U);
  count_missing();
}

TEST_F(FlushPrefixTest, TheSweepGivesBackItemsAndTable) {
  put_all("a:", 200);
  put_all("b:", 200);
  const std::uint64_t all = store_->item_count();
  ASSERT_TRUE(flush("a"));
  EXPECT_EQ(store_->item_count(), all);
  EXPECT_GT(store_->memory_use().lent_bytes, 0U);
  tick_to_the_end();
  EXPECT_EQ(store_->item_count(), all - 200);
  EXPECT_FALSE(store_->remembers_prefixes());
  EXPECT_EQ(store_->memory_use().lent_bytes, 0U);
  expect_just_held({"a:", "b:"}, 200);
}

// However often something is flushed: a sweep looks at every item.
TEST_F(FlushPrefixTest, SweepsArePausedBetween) {
  ASSERT_TRUE(flush("a"));
  tick_to_the_end();
  ASSERT_FALSE(store_->remembers_prefixes());
  put_all("a:", 50);
  ASSERT_TRUE(flush("a"));
  tick_to_the_end();
  EXPECT_EQ(store_->item_count(), 50U);
  EXPECT_FALSE(find("a:1"));
  now_s_ += 10;
  tick_to_the_end();
  EXPECT_EQ(store_->item_count(), 0U);
}

TEST_F(FlushPrefixTest, FlushesDuringASweepAreNotForgottenWithIt) {
  for (int round = 0; round < 50; ++round) {
    put_all("a:", 200, static_cast<std::size_t>(round));
    put_all("b:", 200);
    ASSERT_TRUE(flush("a"));
    for (int i = 0; i < round % 5; ++i) store_->tick(now_s_);
    ASSERT_TRUE(flush("b"));
    put_all("a:", 10);
    expect_just_held({"a:", "b:"}, 200);
    sweep();
    EXPECT_FALSE(store_->remembers_prefixes());
    expect_just_held({"a:", "b:"}, 200);
  }
}

TEST_F(FlushPrefixTest, TheTableIsBoundedAndSaysSo) {
  std::size_t flushed = 0;
  const auto name = [](std::size_t i) { return "p" + std::to_string(i); };
  while (flush(name(flushed))) ++flushed;
  EXPECT_EQ(flushed, 256U);  // of one segment, half
  EXPECT_EQ(store_->memory_use().lent_bytes, limits::kSegmentBytes);
  put("p7:x", "1");
  put("more:x", "1");
  EXPECT_TRUE(flush("p7")) << "it has an entry already";
  EXPECT_FALSE(find("p7:x"));
  EXPECT_FALSE(flush("more"));
  EXPECT_TRUE(find("more:x"));
  sweep();
  EXPECT_TRUE(flush("more"));
  EXPECT_FALSE(find("more:x"));
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
}

TEST_F(FlushPrefixTest, FullWithoutEvictionItIsRefused) {
  open({.memory_limit = 2 * kMiB, .evict = false});
  put("a:1", "1");
  fill_up(500);
  EXPECT_FALSE(flush("a"));
  EXPECT_TRUE(find("a:1"));
  EXPECT_EQ(store_->memory_use().lent_bytes, 0U);
}

TEST_F(FlushPrefixTest, FlushingAllForgetsThePrefixes) {
  put_all("a:", 50);
  ASSERT_TRUE(flush("a"));
  store_->flush();
  held_.clear();
  EXPECT_FALSE(store_->remembers_prefixes());
  EXPECT_EQ(store_->memory_use().lent_bytes, 0U);
  put_all("a:", 20);
  expect_just_held({"a:"}, 50);
  ASSERT_TRUE(flush("a"));
  expect_just_held({"a:"}, 50);
}

// What counts is when it is stored. As with Store::flush().
TEST_F(FlushPrefixTest, AnUploadIsAsOldAsItsCommit) {
  for (const std::size_t length : {17'000U, 70'000U, 200'000U, 900'000U}) {
    for (const bool swept : {false, true}) {
      SCOPED_TRACE(length);
      open({.memory_limit = 4 * kMiB});
      const std::string value = value_of(length, length);
      put("a:u", "old");
      Upload arriving;
      ASSERT_TRUE(upload("a:u", value, &arriving));
      ASSERT_TRUE(flush("a"));
      EXPECT_FALSE(find("a:u"));
      if (swept) sweep();
      ASSERT_TRUE(store_->commit_upload(arriving, key("a:u"), find("a:u"), {}, now_s_));
      held_["a:u"] = value;
      EXPECT_EQ(count_missing(), 0U);
      sweep();
      EXPECT_EQ(count_missing(), 0U);
      ASSERT_TRUE(flush("a"));
      EXPECT_FALSE(find("a:u"));
    }
  }
}

// The tier keeps the entry of the first flush. When another prefix is flushed, it must not hide
// what was committed since.
TEST_F(FlushPrefixTest, AnUploadThatEndsAfterTheSweepStays) {
  const std::string value = value_of(1, 70'000);
  Upload arriving;
  ASSERT_TRUE(upload("a:u", value, &arriving));
  ASSERT_TRUE(store_->flush_prefix("a", ':', 1000));
  sweep();
  ASSERT_TRUE(store_->remembers_prefixes());
  ASSERT_TRUE(store_->commit_upload(arriving, key("a:u"), find("a:u"), {}, now_s_));
  held_["a:u"] = value;
  ASSERT_TRUE(store_->flush_prefix("b", ':', 1000));
  EXPECT_EQ(count_missing(), 0U);
  ASSERT_TRUE(store_->flush_prefix("a", ':', 1000));
  EXPECT_FALSE(find("a:u"));
}

TEST_F(FlushPrefixTest, AScanLeavesThemOut) {
  put_all("a:", 100);
  put_all("b:", 100);
  ASSERT_TRUE(flush("a"));
  int visited = 0;
  store_->scan(0, 1000, Store::kAnyLooks, now_s_, [&](const ItemView& item) {
    EXPECT_TRUE(item.key().starts_with("b:"));
    ++visited;
  });
  EXPECT_EQ(visited, 100);
}

TEST_F(FlushPrefixTest, RecordsOnATierAreHiddenUntilItsLogHasPassedThem) {
  ASSERT_TRUE(store_->flush_prefix("a", ':', 1000));
  EXPECT_TRUE(store_->hides_on_tier("a:1", 999));
  EXPECT_FALSE(store_->hides_on_tier("a:1", 1000));
  EXPECT_FALSE(store_->hides_on_tier("b:1", 999));
  sweep();
  EXPECT_TRUE(store_->remembers_prefixes());
  EXPECT_TRUE(store_->hides_on_tier("a:1", 999));
  store_->forget_flushed_prefixes(999);
  EXPECT_TRUE(store_->hides_on_tier("a:1", 999));
  store_->forget_flushed_prefixes(1000);
  EXPECT_FALSE(store_->remembers_prefixes());
  EXPECT_EQ(store_->memory_use().lent_bytes, 0U);
}

}  // namespace
}  // namespace isocache
