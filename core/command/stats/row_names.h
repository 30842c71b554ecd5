// Checks the tables' rows at compile time.
#pragma once

#include <cstddef>
#include <string_view>

namespace isocache {

template <std::size_t N>
constexpr bool all_differ(const std::string_view (&names)[N]) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

}  // namespace isocache
