// The worst case of a flush in the middle of something else.
#include <gtest/gtest.h>

#include <string>

#include "unit/store_worst_fixture.h"

namespace isocache {
namespace {

struct FlushCase {
  const char* name;
  bool evict;
  bool full;
  bool pinned;
  bool dry;
};

class FlushDuringUploadTest : public StoreWorstTest,
                              public ::testing::WithParamInterface<FlushCase> {
 protected:
  // What happens while the upload waits for its end.
  void prepare(const FlushCase& what) {
    if (what.full && what.evict) {
      for (std::size_t i = 0; i < 2000; ++i) put("f" + std::to_string(i), value_of(i, 5000));
    } else if (what.full) {
      fill_up(5000);
    }
    if (what.pinned) pin_some();
  }
};

TEST_P(FlushDuringUploadTest, StoredMeansThereAndRefusedMeansGone) {
  const FlushCase& what = GetParam();
  int stored = 0;
  int refused = 0;
  for (std::size_t length : {17'000U, 70'000U, 200'000U, 900'000U}) {
    SCOPED_TRACE(length);
    open({.memory_limit = 4 * kMiB, .evict = what.evict});
    if (what.dry) memory_->set_most_bytes(2 * kMiB);
    put("u", "old");
    Upload arriving;
    const std::string value = value_of(length, length);
    ASSERT_TRUE(upload("u", value, &arriving));
    store_->flush();
    held_.clear();
    put("u", "newer");
    prepare(what);
    // If items are evicted in the meantime, the value that has arrived must not be among them.
    const std::uint64_t evictions = store_->counters().evictions;
    if (store_->commit_upload(arriving, key("u"), find("u"), {}, now_s_)) {
      ++stored;
      held_["u"] = value;
    } else {
      ++refused;
      const Item item = find("u");
      if (item) {
        EXPECT_EQ(read(item), "newer");
      } else {
        EXPECT_TRUE(what.evict);
      }
    }
    EXPECT_FALSE(arriving);
    EXPECT_EQ(store_->memory_use().upload_bytes, 0U);
    EXPECT_STREQ(store_->broken_invariant(), nullptr);
    if (held_["u"] == value) {
      ASSERT_TRUE(find("u"));
      EXPECT_EQ(read(find("u")), value);
    }
    const std::uint64_t before_ticks = store_->counters().evictions;
    if (!what.evict) {
      EXPECT_EQ(before_ticks, evictions);
    }
    tick_to_the_end();
    EXPECT_EQ(store_->counters().evictions, before_ticks) << "reclaiming evicts nothing";
    EXPECT_EQ(static_cast<bool>(find("u")), held_.contains("u"));
    unpin_all();
    tick_to_the_end();
    EXPECT_EQ(store_->flushed_item_count(), 0U);
    const std::size_t missing = count_missing();
    if (!what.evict) {
      EXPECT_EQ(missing, 0U);
    }
    EXPECT_STREQ(store_->broken_invariant(), nullptr);
  }
  EXPECT_GT(stored + refused, 0);
  if (!what.full) {
    EXPECT_EQ(refused, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FlushDuringUploadTest,
    ::testing::Values(FlushCase{"WithRoom", true, false, false, false},
                      FlushCase{"Full", true, true, false, false},
                      FlushCase{"FullAndPinned", true, true, true, false},
                      FlushCase{"Dry", true, true, false, true},
                      FlushCase{"DryAndPinned", true, true, true, true},
                      FlushCase{"WithoutEviction", false, false, false, false},
                      FlushCase{"FullWithoutEviction", false, true, false, false},
                      FlushCase{"FullAndPinnedWithoutEviction", false, true, true, false},
                      FlushCase{"DryAndPinnedWithoutEviction", false, true, true, true}),
    [](const auto& test) { return std::string(test.param.name); });

// A segment that was held, and so could not be reclaimed, is reclaimed later, whatever lies before
// it.
TEST_F(StoreWorstTest, FlushedSegmentsAreReclaimedWhenTheyAreLetGo) {
  open({.memory_limit = 4 * kMiB, .evict = false});
  for (std::size_t i = 0; i < 200; ++i) put("old" + std::to_string(i), value_of(i, 5000));
  pin_some();
  store_->flush();
  held_.clear();
  tick_to_the_end();
  for (std::size_t i = 0; i < 200; ++i) put("new" + std::to_string(i), value_of(i, 5000));
  tick_to_the_end();
  EXPECT_GT(store_->flushed_item_count(), 0U) << "replies send from them";
  unpin_all();
  tick_to_the_end();
  EXPECT_EQ(store_->flushed_item_count(), 0U);
  EXPECT_EQ(count_missing(), 0U);
}

}  // namespace
}  // namespace isocache
