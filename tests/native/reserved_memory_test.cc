#include "native/shards/reserved_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "base/limits.h"

namespace isocache {
namespace {

constexpr std::size_t kSegment = limits::kSegmentBytes;

TEST(ReservedMemory, GivesZeroedNeighbours) {
  ReservedMemory memory(4 * kSegment, false);
  std::byte* const first = memory.allocate(kSegment);
  std::byte* const second = memory.allocate(2 * kSegment);
  EXPECT_EQ(second, first + kSegment);
  EXPECT_TRUE(std::ranges::all_of(std::span(first, 3 * kSegment),
                                  [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(ReservedMemory, GrowsBeyondTheReservation) {
  ReservedMemory memory(kSegment, false);
  for (int n = 0; n < 100; ++n) {
    std::byte* const segment = memory.allocate(kSegment);
    ASSERT_NE(segment, nullptr);
    std::fill_n(segment, kSegment, std::byte{1});
  }
}

}  // namespace
}  // namespace isocache
