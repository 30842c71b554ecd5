// The worst case of a memory source that runs dry, once or for good.
#include <gtest/gtest.h>

#include <string>

#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

// The source fails at each of its calls. The code that counted on it copes, and the next tick asks
// again.
TEST_F(StoreWorstTest, TheSourceMayRefuseAnyCall) {
  for (unsigned refused_call = 1; refused_call <= 6; ++refused_call) {
    SCOPED_TRACE(refused_call);
    open({.memory_limit = 4 * kMiB});
    for (std::size_t round = 0; round < 600; ++round) {
      // Just before the call in question: a chunk is 16 segments.
      if (memory_->allocated_bytes() / kMiB + 1 == refused_call && memory_->refused() == 0) {
        memory_->refuse_next(1);
      }
      put("k" + std::to_string(round % 300), value_of(round, 100 + round * 4111 % 60'000));
      if (const Item item = find("k" + std::to_string(round * 5 % 300)))
        store_->on_hit(item, now_s_);
      if (round % 10 == 0) store_->tick(now_s_);
      if (round % 50 == 0) {
        ASSERT_STREQ(store_->broken_invariant(), nullptr);
      }
    }
    count_missing();
    EXPECT_GT(store_->memory_use().segment_bytes, 3 * kMiB) << "it was asked again";
  }
}

// The last few segments are promised and never given, while eviction goes on. A record that
// survives eviction, and would be split, finds that out as often as a put.
TEST_F(StoreWorstTest, TheSourceMayRefuseASurvivor) {
  constexpr std::size_t kSegments = 48;  // three chunks
  const auto limit = [](std::size_t segments) { return segments * (limits::kSegmentBytes + 200); };
  open({.memory_limit = limit(kSegments)});
  memory_->set_most_bytes(kSegments * limits::kSegmentBytes);
  for (std::size_t round = 0; round < 4000; ++round) {
    const std::string name = "k" + std::to_string(round);
    put(name, value_of(round, 3000 + round * 4111 % 50'000));
    if (const Item item = find(name); item && round % 2 == 0) store_->on_hit(item, now_s_);
    // The source is asked again.
    if (round % 20 == 0) store_->set_memory_limit(limit(kSegments + round / 20 % 4));
    if (round % 200 == 0) {
      ASSERT_STREQ(store_->broken_invariant(), nullptr);
      count_missing();
    }
  }
  EXPECT_GT(memory_->refused(), 50U);
  EXPECT_EQ(store_->counters().out_of_memory, 0U);
}

// No put is refused because the source broke a promise: there are items to evict.
TEST_F(StoreWorstTest, ASourceThatStaysDryRefusesNobody) {
  open({.memory_limit = 16 * kMiB});
  memory_->set_most_bytes(4 * kMiB);
  for (std::size_t round = 0; round < 1500; ++round) {
    ASSERT_EQ(put("k" + std::to_string(round), value_of(round, round * 4111 % 200'000)),
              PutStatus::kStored)
        << round;
    if (round % 3 == 0) {
      const std::string name = "u" + std::to_string(round);
      const std::string value = value_of(round, 300'000);
      Upload arriving;
      ASSERT_TRUE(upload(name, value, &arriving)) << round;
      if (round % 2 == 0) {
        store_->flush();
        held_.clear();
      }
      ASSERT_TRUE(store_->commit_upload(arriving, key(name), {}, {}, now_s_)) << round;
      held_[name] = value;
    }
    store_->tick(now_s_);  // asks the source again
    if (round % 100 == 0) count_missing();
  }
  EXPECT_GT(memory_->refused(), 1000U);
  EXPECT_EQ(store_->counters().out_of_memory, 0U);
}

// A put that counted on the source has taken the last segment, and its entry needs a page of the
// index. Eviction for that page must not take the new item, although its segments are the only
// closed ones.
TEST_F(StoreWorstTest, TheSourceMayRefuseThePageOfANewEntry) {
  const auto pages = [&] { return store_->memory_use().index_bytes / limits::kSegmentBytes; };
  int entries = 0;  // of one hash, before a third page is needed
  open({.memory_limit = 16 * kMiB, .hash_key = {.mask = 0}});
  while (pages() < 3) put("k" + std::to_string(entries++), "");
  for (std::size_t segments = 1; segments <= 16; ++segments) {
    SCOPED_TRACE(segments);
    open({.memory_limit = 16 * kMiB, .hash_key = {.mask = 0}});
    memory_->set_most_bytes(kMiB);  // the first chunk
    for (int n = 0; n < entries - 1; ++n) put("k" + std::to_string(n), "");
    ASSERT_EQ(pages(), 2U);
    const std::string value = value_of(segments, segments * limits::kSegmentBytes - 2000);
    if (put("large", value) == PutStatus::kStored) {
      EXPECT_EQ(read(find("large")), value);
    }
    EXPECT_STREQ(store_->broken_invariant(), nullptr);
    count_missing();
  }
}

// There are so few segments that all of them may be open, even some without live records.
TEST_F(StoreWorstTest, ASourceThatGivesAlmostNothingRefusesNobody) {
  open({.memory_limit = 16 * kMiB});
  memory_->set_most_bytes(kMiB);  // the first chunk
  for (std::size_t round = 0; round < 6000; ++round) {
    const std::string name = "k" + std::to_string(round % 40);
    const std::size_t length = std::size_t{1} << (4 + round * 7 % 14);
    ASSERT_EQ(put(name, value_of(round, length)), PutStatus::kStored) << round;
    if (const Item item = find(name)) store_->on_hit(item, now_s_);
    if (round % 3 != 0) remove("k" + std::to_string(round * 11 % 40));
    if (round % 5 != 0) continue;
    Upload arriving;
    ASSERT_TRUE(upload("u", value_of(round, 18'000), &arriving)) << round;
    ASSERT_TRUE(store_->commit_upload(arriving, key("u"), find("u"), {}, now_s_)) << round;
    remove("u");
  }
  count_missing();
}

}  // namespace
}  // namespace isocache
