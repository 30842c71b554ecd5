// Reads numbers and sizes that users write: in flags, addresses and origins.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace isocache {

inline constexpr unsigned kMaxPort = 65535;

// Parses decimal digits only. Otherwise returns false and leaves `value` untouched.
template <typename Number>
bool parse_number(std::string_view text, Number& value, int base = 10) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed, base);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  value = parsed;
  return true;
}

// Parses a plain decimal such as 1.25.
bool parse_decimal(std::string_view text, double& value);

// Parses a number with an optional suffix k, m or g (either case). Without a suffix, the number is
// multiplied by `unit`.
bool parse_size(std::string_view text, std::uint64_t unit, std::uint64_t& bytes);

}  // namespace isocache
