// The worst cases, one by one: keys of one hash, memory that runs dry, segments that are held, a
// flush in the middle, a limit that is lowered. Random ones: store_random_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "store/store.h"
#include "support/failing_memory.h"

namespace isocache {
namespace {

constexpr std::size_t kMiB = 1U << 20;

class StoreWorstTest : public ::testing::Test {
 protected:
  void open(const StoreOptions& options) {
    store_.reset();
    memory_ = std::make_unique<FailingMemory>();
    options_ = options;
    store_ = std::make_unique<Store>(options_, *memory_);
    held_.clear();
  }
  void TearDown() override { EXPECT_STREQ(store_->broken_invariant(), nullptr); }

  // Different in every byte from other keys' and other versions' values.
  static std::string value_of(std::size_t seed, std::size_t length) {
    std::string value(length, '\0');
    auto state = static_cast<std::uint32_t>(seed * 2654435761U + 1);
    for (char& byte : value) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<char>(state >> 24U);
    }
    return value;
  }
  Key key(std::string_view name) const { return {name, Store::hash(name, options_.hash_key)}; }
  Item find(std::string_view name) { return store_->find(key(name), now_s_).item; }
  std::string read(Item item) const {
    std::string value;
    store_->for_each_piece(item, [&](const Store::Piece& piece) { value += piece.bytes; });
    return value;
  }
  // Notes what was stored in held_; where one is refused, what was there stays.
  PutStatus put(const std::string& name, const std::string& value) {
    const std::string_view parts[] = {value};
    const PutStatus status = store_->put(key(name), find(name), {}, parts, now_s_);
    if (status == PutStatus::kStored) held_[name] = value;
    return status;
  }
  void remove(const std::string& name) {
    if (const Item item = find(name)) store_->remove(item);
    held_.erase(name);
  }
  // Stores new items until one is refused; how many were not.
  int fill_up(std::size_t length) {
    for (int n = 0;; ++n) {
      ++filled_;
      const std::string value = value_of(static_cast<std::size_t>(filled_), length);
      if (put("fill" + std::to_string(filled_), value) != PutStatus::kStored) return n;
    }
  }
  void tick_to_the_end() {
    int ticks = 0;
    while (store_->tick(now_s_)) ASSERT_LT(++ticks, 100'000) << "background work does not end";
  }
  // What is found has the right bytes; the number of what is not found.
  std::size_t count_missing() {
    std::size_t missing = 0;
    for (const auto& [name, value] : held_) {
      const Item item = find(name);
      if (!item) {
        ++missing;
      } else if (read(item) != value) {
        ADD_FAILURE() << name << " has another value";
      }
    }
    return missing;
  }
  // Pins every other segment that holds items.
  void pin_some() {
    SegmentId last = 0;
    for (const auto& [name, value] : held_) {
      const Item item = find(name);
      if (!item) continue;
      store_->for_each_piece(item, [&](const Store::Piece& piece) {
        if (piece.segment == last || piece.segment % 2 == 0) return;
        last = piece.segment;
        store_->pin(last);
        pins_.push_back(last);
      });
    }
  }
  void unpin_all() {
    for (const SegmentId segment : pins_) store_->unpin(segment);
    pins_.clear();
  }
  // As far as the last byte.
  bool upload(const std::string& name, const std::string& value, Upload* upload) {
    if (store_->begin_upload(key(name), value.size(), now_s_, upload) != PutStatus::kStored)
      return false;
    for (std::size_t sent = 0; upload->remaining > 0;) {
      const std::span<char> window = store_->upload_window(*upload);
      if (window.empty()) return false;
      value.copy(window.data(), window.size(), sent);
      sent += window.size();
      store_->upload_received(*upload, window.size());
    }
    return true;
  }

  StoreOptions options_;
  std::unique_ptr<FailingMemory> memory_;
  std::unique_ptr<Store> store_;
  UnixSeconds now_s_ = 1000;
  std::map<std::string, std::string> held_;
  std::vector<SegmentId> pins_;
  int filled_ = 0;
};

// --- keys of one hash --------------------------------------------------------------------------

// Pieces find their item, and evicted records their entry, by location.
TEST_F(StoreWorstTest, ChainedItemsOfOneHash) {
  open({.memory_limit = 4 * kMiB, .hash_key = {.mask = 0}});
  for (std::size_t round = 0; round < 400; ++round) {
    const std::string name = "k" + std::to_string(round * 7 % 50);
    put(name, value_of(round, 20'000 + round % 5 * 40'000));
    if (const Item item = find("k" + std::to_string(round % 13))) store_->on_hit(item, now_s_);
    if (round % 11 == 0) remove("k" + std::to_string(round % 50));
    if (round % 20 == 0) {
      ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
      count_missing();
    }
  }
  EXPECT_GT(store_->counters().evictions, 50U);
  EXPECT_GT(store_->counters().promoted, 10U);
}

// The same where records find no room to move to.
TEST_F(StoreWorstTest, ChainedItemsOfOneHashThatCannotMove) {
  open({.memory_limit = 4 * kMiB, .hash_key = {.mask = 0}});
  memory_->set_most_bytes(kMiB);  // a source that is dry at a quarter of the limit
  for (std::size_t round = 0; round < 400; ++round) {
    put("k" + std::to_string(round * 7 % 30), value_of(round, 9'000 + round % 5 * 30'000));
    for (const auto& [name, value] : held_) {
      if (const Item item = find(name)) store_->on_hit(item, now_s_);
    }
    if (round % 3 == 0) {
      unpin_all();
      pin_some();
    }
    ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
    count_missing();
  }
  unpin_all();
  EXPECT_GT(store_->counters().evictions, 20U);
}

// --- keys of one page --------------------------------------------------------------------------

// With a weak hash a page takes 80 entries of one bucket.
class CrowdedIndexTest : public StoreWorstTest, public ::testing::WithParamInterface<bool> {};

TEST_P(CrowdedIndexTest, TakesAnyNumberOfKeysOfOneBucket) {
  constexpr int kKeys = 3000;
  open({.memory_limit = 32 * kMiB, .hash_key = {.mask = 0}, .evict = GetParam()});
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), "v" + std::to_string(i)), PutStatus::kStored) << i;
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_GE(store_->memory_use().index_bytes, kKeys / 80 * limits::kSegmentBytes)
      << "what the index takes beyond its pages counts";
  EXPECT_LE(store_->memory_use().segment_bytes, 32 * kMiB);
  for (int i = 0; i < kKeys; i += 3) remove("k" + std::to_string(i));
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->item_count(), held_.size());
}

TEST_P(CrowdedIndexTest, GrowsAndGivesBack) {
  open({.memory_limit = 64 * kMiB, .hash_key = hash_key_of(3), .evict = GetParam()});
  // Keys of the table's lowest eighth: on one page, until there are eight.
  std::vector<std::string> crowd;
  for (int i = 0; crowd.size() < 20'000; ++i) {
    std::string name = "crowd" + std::to_string(i);
    if (key(name).hash >> 61U == 0) crowd.push_back(std::move(name));
  }
  for (const std::string& name : crowd) ASSERT_EQ(put(name, name), PutStatus::kStored);
  tick_to_the_end();
  EXPECT_FALSE(store_->index_stats().growing);
  EXPECT_GE(store_->memory_use().index_bytes, 2 * limits::kSegmentBytes)
      << "the one page has a spill page";
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(put("other" + std::to_string(i), "o"), PutStatus::kStored);
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  for (const std::string& name : crowd) remove(name);
  const std::uint64_t buckets = store_->index_stats().buckets;
  for (int i = 0; store_->index_stats().buckets == buckets || store_->index_stats().growing; ++i) {
    ASSERT_LT(i, 200'000);
    ASSERT_EQ(put("spread" + std::to_string(i), "s"), PutStatus::kStored);
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_LE(store_->memory_use().index_bytes / 64, store_->index_stats().buckets);
}

// While the table grows, lookups and changes go to the right one of two, with spills in both.
TEST_P(CrowdedIndexTest, ManyKeysOfFewBucketsWhileItGrows) {
  open({.memory_limit = 64 * kMiB, .hash_key = weak_hash_key(1), .evict = GetParam()});
  bool grew = false;
  for (std::size_t i = 0; i < 12'000; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), std::to_string(i)), PutStatus::kStored) << i;
    if (i % 3 == 0) remove("k" + std::to_string(i * 7919 % (i + 1)));
    grew = grew || store_->index_stats().growing;
    if (store_->index_stats().growing && i % 100 == 0) {
      ASSERT_STREQ(store_->broken_invariant(), nullptr);
    }
  }
  for (std::size_t i = 12'000; i < 16'000; ++i) {
    ASSERT_EQ(put("k" + std::to_string(i), std::to_string(i)), PutStatus::kStored) << i;
    grew = grew || store_->index_stats().growing;
  }
  EXPECT_TRUE(grew);
  EXPECT_EQ(count_missing(), 0U);
  tick_to_the_end();
  EXPECT_FALSE(store_->index_stats().growing);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutEviction, CrowdedIndexTest, ::testing::Bool());

// --- without eviction (-M) ---------------------------------------------------------------------

TEST_F(StoreWorstTest, WithoutEvictionARefusedPutDropsNothing) {
  open({.memory_limit = 4 * kMiB, .evict = false});
  fill_up(5000);
  pin_some();
  int refused = 0;
  for (std::size_t round = 0; round < 3000; ++round) {
    const std::string name =
        "fill" + std::to_string(round * 37 % static_cast<std::size_t>(filled_));
    if (round % 3 == 0) {
      remove(name);
    } else if (put(name, value_of(round, round * 211 % 9000)) != PutStatus::kStored) {
      ++refused;
      EXPECT_EQ(static_cast<bool>(find(name)), held_.contains(name));
    }
    if (round % 500 == 0) {
      unpin_all();
      pin_some();
      ASSERT_EQ(count_missing(), 0U) << round;
    }
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_GT(refused, 10);
  EXPECT_GT(store_->counters().compacted_segments, 10U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  unpin_all();
}

TEST_F(StoreWorstTest, WithoutEvictionADrySourceDropsNothing) {
  open({.memory_limit = 8 * kMiB, .evict = false});
  memory_->set_most_bytes(2 * kMiB);
  EXPECT_GT(fill_up(30'000), 30);
  for (std::size_t round = 0; round < 2000; ++round) {
    const std::string name =
        "fill" + std::to_string(round * 37 % static_cast<std::size_t>(filled_));
    if (round % 4 == 0) {
      remove(name);
    } else {
      put(name, value_of(round, round * 2111 % 60'000));
    }
    if (round % 50 == 0) {
      store_->tick(now_s_);
      ASSERT_EQ(count_missing(), 0U) << round;
      ASSERT_STREQ(store_->broken_invariant(), nullptr) << round;
    }
  }
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
}

// What compaction needs is not used up by puts that counted on the source.
TEST_F(StoreWorstTest, WithoutEvictionADrySourceLeavesRoomToCompact) {
  open({.memory_limit = 8 * kMiB, .evict = false});
  memory_->set_most_bytes(2 * kMiB);
  const int before = fill_up(5000);
  for (int n = 1; n <= filled_; ++n) {
    if (n % 5 != 0) remove("fill" + std::to_string(n));
  }
  EXPECT_GT(fill_up(5000), before / 2);
  EXPECT_EQ(count_missing(), 0U);
}

// However many segments are both dead and held.
TEST_F(StoreWorstTest, WithoutEvictionHeldSegmentsHideNoOthers) {
  open({.memory_limit = 16 * kMiB, .evict = false});
  fill_up(5000);
  pin_some();
  ASSERT_GT(pins_.size(), 100U);
  const auto is_pinned = [&](const std::string& name) {
    bool pinned = false;
    store_->for_each_piece(find(name), [&](const Store::Piece& piece) {
      pinned = pinned || std::find(pins_.begin(), pins_.end(), piece.segment) != pins_.end();
    });
    return pinned;
  };
  int elsewhere = 0;
  for (int n = 1, last = filled_; n < last; ++n) {
    const std::string name = "fill" + std::to_string(n);
    const bool held = is_pinned(name);
    if (n % (held ? 10 : 2) == 0) continue;  // more is dead in the held ones
    elsewhere += held ? 0 : 1;
    remove(name);
  }
  EXPECT_GT(fill_up(5000), elsewhere / 2);
  EXPECT_EQ(count_missing(), 0U);
  unpin_all();
}

TEST_F(StoreWorstTest, WithoutEvictionAFewRemovedItemsMakeRoom) {
  open({.memory_limit = 4 * kMiB, .evict = false});
  fill_up(1000);
  int removed = 0;
  for (int n = 1; n <= filled_; n += 6, ++removed) remove("fill" + std::to_string(n));
  EXPECT_GT(fill_up(1000), removed / 2);
  EXPECT_EQ(count_missing(), 0U);
}

// In a tiny store the segments that sizes append to are many of all, and all that was in them may
// have been removed.
TEST_F(StoreWorstTest, WithoutEvictionADeadOpenSegmentIsRoom) {
  open({.memory_limit = 40 * limits::kSegmentBytes, .evict = false});
  const int alone = fill_up(6000);
  open({.memory_limit = 40 * limits::kSegmentBytes, .evict = false});
  for (const std::size_t size : {30U, 200U, 900U, 3000U}) {
    put(std::to_string(size), value_of(size, size));
    remove(std::to_string(size));
  }
  EXPECT_EQ(fill_up(6000), alone);
}

// --- a source that runs dry once ---------------------------------------------------------------

// At each of its calls: whoever counted on it copes, and the next tick asks again.
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

// The last few segments are promised and never given, while eviction goes on: who finds out is as
// often a survivor that would be split as a put.
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

// Nobody is refused for a promise that the source did not keep: there is something to evict.
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
// index. What is evicted for that is not the new item, whose segments are the only closed ones.
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

// So few segments that all of them may be open, and some of those with nothing live in them.
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

// --- a flush while a value arrives -------------------------------------------------------------

struct FlushCase {
  const char* name;
  bool evict;
  bool full;
  bool pinned;
  bool dry;
};

class FlushDuringUploadTest : public StoreWorstTest,
                              public ::testing::WithParamInterface<FlushCase> {};

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
    if (what.full) {
      if (what.evict) {
        for (std::size_t i = 0; i < 2000; ++i) put("f" + std::to_string(i), value_of(i, 5000));
      } else {
        fill_up(5000);
      }
    }
    if (what.pinned) pin_some();
    // What goes for room meanwhile is not the value that has arrived.
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

// A segment that could not be reclaimed because it was held, is later, whatever lies before it.
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

// --- a limit that is lowered -------------------------------------------------------------------

class LowerLimitTest : public StoreWorstTest {
 protected:
  static constexpr std::size_t kHigh = 48 * kMiB;
  static constexpr std::size_t kLow = 8 * kMiB;
  // 32 records at a time, 256 times; see kShrinkBatches.
  static constexpr std::uint64_t kMostInATick = 32U * 256U;
  // Four segments of these values.
  static constexpr std::size_t kLength = 200;
  static constexpr std::uint64_t kMostInAPut = 4U * limits::kSegmentBytes / kLength;

  void fill(int from, int count) {
    for (int i = from; i < from + count; ++i)
      put("k" + std::to_string(i), value_of(static_cast<std::size_t>(i), kLength));
  }
  // Items evicted by what it does.
  template <typename Act>
  std::uint64_t evicted_by(Act&& act) {
    const std::uint64_t before = store_->counters().evictions;
    act();
    return store_->counters().evictions - before;
  }
  std::size_t resident() const { return store_->memory_use().segment_bytes; }
};

TEST_F(LowerLimitTest, InSmallStepsDownToTheLimitAndUpAgain) {
  open({.memory_limit = kHigh});
  fill(0, 220'000);
  ASSERT_GT(resident(), kHigh * 9 / 10);
  EXPECT_EQ(evicted_by([&] { ASSERT_TRUE(store_->set_memory_limit(kLow)); }), 0U);
  int ticks = 0;
  for (bool more = true; more; ++ticks) {
    EXPECT_LE(evicted_by([&] { more = store_->tick(now_s_); }), kMostInATick);
    EXPECT_LE(evicted_by([&] { fill(300'000 + ticks, 1); }), kMostInAPut);
    ASSERT_LT(ticks, 10'000);
  }
  EXPECT_GT(ticks, 10);
  EXPECT_LE(resident(), kLow);
  EXPECT_GE(memory_->discarded_bytes(), kHigh * 9 / 10 - kLow);
  fill(310'000, 100'000);
  EXPECT_LE(resident(), kLow) << "and it stays there";
  EXPECT_GT(store_->memory_use().item_bytes, kLow * 7 / 10);
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  count_missing();

  const std::size_t allocated = memory_->allocated_bytes();
  ASSERT_TRUE(store_->set_memory_limit(kHigh));
  held_.clear();
  fill(500'000, 150'000);
  EXPECT_GT(resident(), kHigh * 8 / 10);
  EXPECT_LE(memory_->allocated_bytes(), std::max(allocated, kHigh))
      << "what was given back is used again";
  EXPECT_EQ(count_missing(), 0U);
}

// Clients that write do not wait for the background.
TEST_F(LowerLimitTest, WithoutTicksNoPutDoesMuch) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_LE(evicted_by([&] { fill(300'000 + i, 1); }), kMostInAPut);
  }
}

TEST_F(LowerLimitTest, WhileReadersHoldSegments) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  pin_some();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_STREQ(store_->broken_invariant(), nullptr);
  unpin_all();
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  fill(400'000, 50'000);
  EXPECT_LE(resident(), kLow);
  count_missing();
}

TEST_F(LowerLimitTest, AfterAFlush) {
  open({.memory_limit = kHigh});
  fill(0, 200'000);
  store_->flush();
  held_.clear();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  EXPECT_EQ(store_->item_count(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  fill(0, 10'000);
  EXPECT_EQ(count_missing(), 0U);
}

TEST_F(LowerLimitTest, WithoutEvictionNothingIsDropped) {
  open({.memory_limit = kHigh, .evict = false});
  fill(0, 150'000);
  const std::size_t stored = held_.size();
  ASSERT_TRUE(store_->set_memory_limit(kLow));
  tick_to_the_end();
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
  // A store above its limit takes next to nothing.
  fill(300'000, 5'000);
  EXPECT_LT(held_.size(), stored + 2000);
  EXPECT_EQ(count_missing(), 0U);
  for (int i = 0; i < 150'000; ++i) {
    if (i % 10 != 0) remove("k" + std::to_string(i));
  }
  tick_to_the_end();
  EXPECT_LE(resident(), kLow);
  EXPECT_EQ(count_missing(), 0U);
  EXPECT_EQ(store_->counters().evictions, 0U);
}

}  // namespace
}  // namespace isocache
