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

TEST(Output, RewindGivesBackPinsAndText) {
  Output out;
  out.append("one");
  const Output::Mark mark = out.mark();
  out.append("two");
  out.append_pinned("pinned", Pin{0, 7});
  std::vector<std::uint32_t> released;
  out.rewind(mark, [&](Pin pin) { released.push_back(pin.segment); });
  EXPECT_EQ(joined(out), "one");
  EXPECT_EQ(out.size(), 3U);
  EXPECT_EQ(released, std::vector<std::uint32_t>{7});
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
