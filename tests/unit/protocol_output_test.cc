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

TEST(Output, TakesOverPartsInAnotherOrder) {
  Output parts;
  parts.append("lost");
  const Output::Mark begin = parts.mark();
  parts.append("VA 3\r\n");
  parts.append_pinned("abc", Pin{1, 2});
  parts.append("\r\n");
  const Output::Mark middle = parts.mark();
  parts.append("HD\r\n");
  const Output::Mark end = parts.mark();
  Output out;
  out.append("MN\r\n");
  out.append_part(parts, middle, end);
  out.append_part(parts, begin, middle);
  out.append_part(parts, end, end);
  EXPECT_EQ(joined(out), "MN\r\nHD\r\nVA 3\r\nabc\r\n");
  EXPECT_EQ(out.size(), joined(out).size());
  std::vector<std::uint32_t> pins;
  out.for_each_pin([&](Pin pin) { pins.push_back(pin.segment); });
  EXPECT_EQ(pins, std::vector<std::uint32_t>{2});
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
