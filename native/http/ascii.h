// What HTTP field values need: comparison without case, and lists with commas. ASCII only.
#pragma once

#include <algorithm>
#include <string_view>

namespace isocache {

inline char to_lower(char c) {
  constexpr int kLowerCase = 'a' - 'A';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + kLowerCase) : c;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Calls visit(std::string_view) for each non-empty element of a list such as "a, b,c".
template <typename Visit>
void for_each_element(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const auto element = trimmed(list.substr(0, comma)); !element.empty()) visit(element);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace isocache
