#include <gtest/gtest.h>

#include <string>

#include "protocol/tokens.h"

namespace isocache {
namespace {

// The code reads eight bytes at a time, so this tests every position of the space, every length of
// the rest, and bytes whose bits are similar to a space's.
TEST(Tokens, FindsTheSpaceWhereverItIs) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t after = 0; after < 12; ++after) {
      for (const char filler : {'k', '\x1f', '\x21', '\xa0', '\x00', '\xff'}) {
        const std::string text = std::string(before, filler) + ' ' + std::string(after, filler);
        const char* const end = text.data() + text.size();
        ASSERT_EQ(find_space(text.data(), end), text.data() + before) << before << ' ' << after;
        ASSERT_EQ(find_space(text.data(), text.data() + before), text.data() + before);
      }
    }
  }
}

TEST(Tokens, SpacesCollapseAndOnlyTheySeparate) {
  Tokens tokens("  a  b\tc   ");
  EXPECT_EQ(tokens.next(), "a");
  EXPECT_EQ(tokens.rest(), "  b\tc   ");
  EXPECT_EQ(tokens.next(), "b\tc");
  EXPECT_EQ(tokens.next(), "");
  EXPECT_EQ(tokens.next(), "");
}

TEST(Tokens, LastToken) {
  EXPECT_EQ(last_token("set a 0 0 1 noreply  "), "noreply");
  EXPECT_EQ(last_token("one"), "one");
  EXPECT_EQ(last_token("   "), "");
  EXPECT_EQ(last_token(""), "");
}

}  // namespace
}  // namespace isocache
