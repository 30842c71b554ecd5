#include "native/base/suggestion.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace isocache {
namespace {

char folded(char c) {
  return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Computes the usual table row by row: distances[j] is the distance between the first i characters
// of a and the first j characters of b. Two neighbours that are swapped count as one change.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> distances(b.size() + 1);
  std::iota(distances.begin(), distances.end(), std::size_t{0});
  std::vector<std::size_t> before(b.size() + 1);  // the row of i - 1
  std::vector<std::size_t> two_before;
  const auto same = [&](std::size_t i, std::size_t j) { return folded(a[i]) == folded(b[j]); };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    two_before = std::exchange(before, distances);
    distances[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = before[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      distances[j] = std::min({replaced, before[j] + 1, distances[j - 1] + 1});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        distances[j] = std::min(distances[j], two_before[j - 2] + 1);
      }
    }
  }
  return distances.back();
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t kLettersAMistake = 3;
  constexpr std::size_t kLongestWord = 64;  // longer words are no typing mistakes
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance =
      (word.size() < 4 ? 1 : std::clamp<std::size_t>(word.size() / kLettersAMistake, 2, 3)) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace isocache
