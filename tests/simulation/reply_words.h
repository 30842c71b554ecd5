// The words of a reply's line.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace isocache::simulation {

inline bool read_number(std::string_view text, std::uint64_t& number) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);  // a number that shrank
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

inline std::string_view next_token(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const std::string_view token = text.substr(0, text.find(' '));
  text.remove_prefix(token.size());
  return token;
}

inline bool is_no_memory(std::string_view line) {
  return line.starts_with("SERVER_ERROR out of memory");
}

}  // namespace isocache::simulation
