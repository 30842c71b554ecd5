#include "store/ghost.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

std::uint64_t hash_of(int i) {
  return hash_bytes({reinterpret_cast<const char*>(&i), sizeof i}, HashKey());
}

TEST(Ghost, RemembersWhatWasEvictedLatelyAndHowLongAgo) {
  TestMemory memory;
  Heap heap(4U << 20, memory);
  Ghost ghost(heap);
  EXPECT_FALSE(ghost.take(hash_of(1)).found) << "no page, no memory";
  ASSERT_TRUE(ghost.add_page());
  constexpr int kEvictions = 100'000;
  for (int i = 0; i < kEvictions; ++i) ghost.insert(hash_of(i), i % 3 == 0);

  int recent = 0;
  double error = 0;
  for (int i = kEvictions - 10'000; i < kEvictions; ++i) {
    const Ghost::Entry entry = ghost.take(hash_of(i));
    if (!entry.found || entry.from_main != (i % 3 == 0)) continue;
    ++recent;
    error += entry.evictions_ago - (kEvictions - i);
  }
  EXPECT_GT(recent, 9900);
  EXPECT_LT(std::abs(error / recent), 1500) << "the age is about right";

  int old = 0;
  for (int i = 0; i < 10'000; ++i) old += ghost.take(hash_of(i)).found ? 1 : 0;
  EXPECT_LT(old, 100) << "older than the capacity: only false matches";
}

TEST(Ghost, TakingForgets) {
  TestMemory memory;
  Heap heap(4U << 20, memory);
  Ghost ghost(heap);
  ghost.add_page();
  ghost.insert(hash_of(1), false);
  EXPECT_TRUE(ghost.take(hash_of(1)).found);
  EXPECT_FALSE(ghost.take(hash_of(1)).found);
}

}  // namespace
}  // namespace isocache
