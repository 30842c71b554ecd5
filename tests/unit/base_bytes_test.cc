#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace isocache {
namespace {

// Tests sizes around those where the wasm version changes its method, at every alignment, with the
// difference at every position. Neighbouring bytes must neither count nor change.
constexpr std::size_t kMostBytes = 150;

// No byte occurs twice within reach.
std::string sample(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + 1);
  return bytes;
}

TEST(Bytes, EqualWhateverLiesAround) {
  for (std::size_t size = 0; size <= kMostBytes; ++size) {
    const std::string a = "<" + sample(size) + ">";
    const std::string b = "(((" + sample(size) + ")";
    EXPECT_TRUE(equal_bytes(a.data() + 1, b.data() + 3, size)) << size;
  }
}

TEST(Bytes, UnequalWhereverTheDifferenceIs) {
  for (std::size_t size = 1; size <= kMostBytes; ++size) {
    const std::string a = sample(size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string b = a;
      b[at] = static_cast<char>(b[at] ^ 0x80);
      EXPECT_FALSE(equal_bytes(a.data(), b.data(), size)) << size << " at " << at;
    }
  }
}

TEST(Bytes, CopyTouchesNothingElse) {
  for (std::size_t size = 0; size <= kMostBytes; ++size) {
    for (std::size_t offset = 0; offset < 16; ++offset) {
      const std::string from = sample(size);
      std::string to(offset + size + 16, '.');
      copy_bytes(to.data() + offset, from.data(), size);
      EXPECT_EQ(to, std::string(offset, '.') + from + std::string(16, '.')) << size;
    }
  }
}

TEST(Bytes, FindsTheFirst) {
  for (std::size_t size = 0; size <= kMostBytes; ++size) {
    std::string bytes = std::string(size, 'a') + "\n";  // one behind the end
    const char* const end = bytes.data() + size;
    EXPECT_EQ(find_byte(bytes.data(), end, '\n'), end) << size;
    for (std::size_t at = size; at-- > 0;) {  // the later ones are there already
      bytes[at] = '\n';
      EXPECT_EQ(find_byte(bytes.data(), end, '\n'), bytes.data() + at) << size;
    }
  }
}

}  // namespace
}  // namespace isocache
