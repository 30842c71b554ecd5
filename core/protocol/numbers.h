// Numbers to and from text, without locale, allocation or errno.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/inline.h"

namespace isocache {

inline constexpr std::size_t kMaxU64Digits = 20;

// Writes `value` and returns the end. REQUIRES: kMaxU64Digits bytes of room.
ISOCACHE_INLINE_ONLY_NATIVELY inline char* write_u64(char* to, std::uint64_t value) {
  if (value < 1000) {  // most client flags, lengths and TTLs; takes a third of to_chars' time
    const auto small = static_cast<unsigned>(value);
    if (small >= 100) *to++ = static_cast<char>('0' + small / 100);
    if (small >= 10) *to++ = static_cast<char>('0' + small / 10 % 10);
    *to = static_cast<char>('0' + small % 10);
    return to + 1;
  }
  return std::to_chars(to, to + kMaxU64Digits, value).ptr;
}

// Parses all of `text`, which must be decimal digits. On an overflow or bad text it returns false
// and leaves `value` unchanged.
inline bool parse_u64(std::string_view text, std::uint64_t& value) {
  if (text.size() == 1) {  // most client flags and exptimes are 0
    const unsigned digit = static_cast<unsigned char>(text.front()) - unsigned{'0'};
    if (digit > 9) return false;
    value = digit;
    return true;
  }
  while (text.size() > kMaxU64Digits && text.front() == '0') text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxU64Digits) return false;
  std::uint64_t sum = 0;
  const std::size_t safe = text.size() < kMaxU64Digits ? text.size() : kMaxU64Digits - 1;
  for (std::size_t i = 0; i < safe; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  if (safe != text.size()) {  // the twentieth digit may overflow
    const unsigned digit = static_cast<unsigned char>(text[safe]) - unsigned{'0'};
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    if (digit > 9 || sum > kMax / 10 || (sum == kMax / 10 && digit > kMax % 10)) return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return true;
}

// As parse_u64(), with an optional minus sign.
inline bool parse_i64(std::string_view text, std::int64_t& value) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  if (!parse_u64(text, magnitude)) return false;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return false;
  value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

inline bool parse_u32(std::string_view text, std::uint32_t& value) {
  std::uint64_t wide = 0;
  if (!parse_u64(text, wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
  value = static_cast<std::uint32_t>(wide);
  return true;
}

inline bool parse_i32(std::string_view text, std::int32_t& value) {
  std::int64_t wide = 0;
  if (!parse_i64(text, wide) || wide > std::numeric_limits<std::int32_t>::max() ||
      wide < std::numeric_limits<std::int32_t>::min()) {
    return false;
  }
  value = static_cast<std::int32_t>(wide);
  return true;
}

// Parses an exptime: a signed number of 32 bits, or up to `most` if that is more.
inline bool parse_exptime(std::string_view text, std::int64_t most, std::int64_t& seconds) {
  std::int64_t wide = 0;
  if (!parse_i64(text, wide) || wide > most || wide < std::numeric_limits<std::int32_t>::min()) {
    return false;
  }
  seconds = wide;
  return true;
}

// Parses a decimal fraction ("0.25", "2", "1.") in units of 10^-digits. Further digits are cut off.
bool parse_fixed(std::string_view text, unsigned digits, std::uint32_t& value);

}  // namespace isocache
