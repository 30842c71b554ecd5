#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/output.h"

namespace isocache {
namespace {

std::string joined(const Output& out) {
  std::string bytes;
  out.for_each_span([&](std::string_view span) { bytes.append(span); });
  return bytes;
}

TEST(Output, KeepsTextAndPinnedBytesInOrder) {
  Output out;
  out.append("VA 3\r\n");
  out.append_pinned("abc", Pin{1, 2});
  out.append_pinned("def", Pin{1, 3});
  out.append("\r\nHD\r\n");
  EXPECT_EQ(joined(out), "VA 3\r\nabcdef\r\nHD\r\n");
  EXPECT_EQ(out.size(), joined(out).size());
}

TEST(Output, AppendsAnotherWithItsPinsInPlace) {
  Output out;
  Output other;
  for (int round = 0; round < 2; ++round) {  // behind nothing, then behind text and a pin
    other.append("<");
    other.append_pinned("pinned", Pin{0, 7});
    other.append(">");
    out.append(std::move(other));
    EXPECT_TRUE(other.empty());  // NOLINT(bugprone-use-after-move): that is what is promised
    EXPECT_FALSE(other.has_pins());
  }
  EXPECT_EQ(joined(out), "<pinned><pinned>");
  EXPECT_EQ(out.size(), joined(out).size());
  EXPECT_EQ(out.ref_count(), 2U);
}

TEST(Output, IsFullByWhatIsCopiedAndByAll) {
  Output out({100, 1000});
  out.append(std::string(99, 'x'));
  EXPECT_FALSE(out.full());
  out.append("x");
  EXPECT_TRUE(out.full());
  out.clear();
  const std::string value(999, 'v');
  out.append_pinned(value, Pin{0, 1});
  EXPECT_FALSE(out.full());
  out.append("x");
  EXPECT_TRUE(out.full());
}

TEST(Output, LimitsStayWhenBuffersAreSwapped) {
  Output small({10, 10});
  Output large;
  large.append("0123456789");
  EXPECT_FALSE(large.full());
  std::swap(small, large);
  EXPECT_TRUE(small.full());
  small = Output();
  small.append("0123456789");
  EXPECT_TRUE(small.full());
}

TEST(Output, GrowsAndMoves) {
  Output out;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    out.append("0123456789");
    expected += "0123456789";
  }
  Output moved = std::move(out);
  EXPECT_EQ(joined(moved), expected);
  EXPECT_TRUE(out.empty());  // NOLINT(bugprone-use-after-move): that is what is promised
  out.append("again");
  EXPECT_EQ(joined(out), "again");
  moved.clear();
  moved.release_memory();
  EXPECT_EQ(moved.capacity(), 0U);
}

}  // namespace
}  // namespace isocache
