#include <gtest/gtest.h>

#include <string>

#include "protocol/base64.h"

namespace isocache {
namespace {

std::string encode(const std::string& bytes) {
  std::string text(base64_length(bytes.size()), '?');
  char* const end = base64_encode(bytes, text.data());
  EXPECT_EQ(end, text.data() + text.size());
  return text;
}

// RFC 4648, section 10.
TEST(Base64, KnowsTheVectorsOfTheRfc) {
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foob"), "Zm9vYg==");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncodesWhateverTheBytes) {
  std::string bytes;
  for (int i = 0; i < 187; ++i) {
    bytes += static_cast<char>(i * 37 + 251);
    const std::string text = encode(bytes);
    std::string decoded(bytes.size() + 3, '?');
    std::size_t length = 0;
    ASSERT_TRUE(base64_decode(text, decoded.data(), &length)) << i;
    EXPECT_EQ(decoded.substr(0, length), bytes);
  }
}

TEST(Base64, RefusesBadLengthsAndLetters) {
  char room[16];
  std::size_t length = 0;
  for (const char* text : {"", "a", "ab", "abc", "ab=c", "=abc", "ab$=", "====", "Zg=", "Zm9v\n"}) {
    EXPECT_FALSE(base64_decode(text, room, &length)) << text;
  }
}

// What memcached makes of keys.
TEST(Base64, DecodesKeysLoosely) {
  const auto decoded = [](std::string_view text) {
    char room[16];
    std::size_t length = 0;
    return base64_decode_loosely(text, room, &length) ? std::string(room, length) : "(none)";
  };
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYh=="), "foob") << "bits that are left over";
  EXPECT_EQ(decoded("Zm*9-v_"), "foo") << "letters outside the alphabet";
  EXPECT_EQ(decoded("Zm8=Zm9v"), "fo") << "the padded group is the last";
  EXPECT_EQ(decoded("=Zm9"), std::string("\x01\x99", 2)) << "padding anywhere in its group";
  for (const char* text : {"", "*", "Z", "Zm", "Zm9", "Zm9vY", "Z===", "====", "Zm9*"}) {
    EXPECT_EQ(decoded(text), "(none)") << text;
  }
}

}  // namespace
}  // namespace isocache
