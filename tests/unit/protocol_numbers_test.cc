#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"
#include "protocol/numbers.h"

namespace isocache {
namespace {

TEST(Numbers, ReadsUnsignedWithAllSixtyFourBits) {
  std::uint64_t value = 0;
  EXPECT_TRUE(parse_u64("0", value));
  EXPECT_EQ(value, 0U);
  EXPECT_TRUE(parse_u64("18446744073709551615", value));
  EXPECT_EQ(value, 18446744073709551615U);
  EXPECT_TRUE(parse_u64("000000000000000000000000000042", value));
  EXPECT_EQ(value, 42U);
}

TEST(Numbers, RefusesWhatIsNoNumberAndKeepsTheValue) {
  for (const char* text : {"", "-1", "+3", "1e3", "abc", "1 ", " 1", "0x10", "18446744073709551616",
                           "99999999999999999999", "100000000000000000000"}) {
    std::uint64_t value = 7;
    EXPECT_FALSE(parse_u64(text, value)) << text;
    EXPECT_EQ(value, 7U) << text;
  }
}

TEST(Numbers, WritesAsTheStandardLibrary) {
  const auto written = [](std::uint64_t value) {
    char text[kMaxU64Digits];
    return std::string(text, write_u64(text, value));
  };
  for (std::uint64_t value = 0; value < 12'000; ++value) {
    ASSERT_EQ(written(value), std::to_string(value));
  }
  EXPECT_EQ(written(18446744073709551615U), "18446744073709551615");
}

TEST(Numbers, SignedRangesEndWhereTheTypeDoes) {
  std::int64_t wide = 0;
  EXPECT_TRUE(parse_i64("-9223372036854775808", wide));
  EXPECT_EQ(wide, INT64_MIN);
  EXPECT_FALSE(parse_i64("9223372036854775808", wide));
  EXPECT_FALSE(parse_i64("-", wide));
  EXPECT_FALSE(parse_i64("--1", wide));
  std::int32_t narrow = 0;
  EXPECT_TRUE(parse_i32("-2147483648", narrow));
  EXPECT_EQ(narrow, INT32_MIN);
  EXPECT_FALSE(parse_i32("3000000000", narrow));
  std::uint32_t flags = 0;
  EXPECT_TRUE(parse_u32("4294967295", flags));
  EXPECT_FALSE(parse_u32("4294967296", flags));
}

TEST(Numbers, ExptimesHaveALimitOfTheirOwn) {
  std::int64_t seconds = 7;
  EXPECT_FALSE(parse_exptime("2147483648", limits::kMaxExptimeS, seconds));
  EXPECT_FALSE(parse_exptime("4294967296", limits::kMaxLateExptimeS, seconds));
  EXPECT_FALSE(parse_exptime("-2147483649", limits::kMaxLateExptimeS, seconds));
  EXPECT_FALSE(parse_exptime("", limits::kMaxExptimeS, seconds));
  EXPECT_EQ(seconds, 7);
  EXPECT_TRUE(parse_exptime("2147483647", limits::kMaxExptimeS, seconds));
  EXPECT_EQ(seconds, 2147483647);
  EXPECT_TRUE(parse_exptime("4294967295", limits::kMaxLateExptimeS, seconds));
  EXPECT_EQ(seconds, 4294967295);
  EXPECT_TRUE(parse_exptime("-2147483648", limits::kMaxExptimeS, seconds));
  EXPECT_EQ(seconds, -2147483648);
}

TEST(Numbers, FixedPointCutsFurtherDigitsOff) {
  std::uint32_t value = 0;
  EXPECT_TRUE(parse_fixed("0.25", 2, value));
  EXPECT_EQ(value, 25U);
  EXPECT_TRUE(parse_fixed("2", 2, value));
  EXPECT_EQ(value, 200U);
  EXPECT_TRUE(parse_fixed("1.239", 2, value));
  EXPECT_EQ(value, 123U);
  for (const char* text : {"", "a", "1.x", "-1", "1.2.3"})
    EXPECT_FALSE(parse_fixed(text, 2, value)) << text;
}

TEST(Numbers, WritesWhatItReads) {
  for (const std::uint64_t number : {0ULL, 9ULL, 10ULL, 4294967296ULL, 18446744073709551615ULL}) {
    char digits[kMaxU64Digits];
    EXPECT_EQ(std::string(digits, write_u64(digits, number)), std::to_string(number));
  }
}

}  // namespace
}  // namespace isocache
