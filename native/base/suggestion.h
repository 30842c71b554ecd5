// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace isocache {

// Which of `known` was likely meant by `word`: the nearest that takes at most a few insertions,
// deletions and replacements (Levenshtein). Case, '-' and '_' make no difference. Empty: none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace isocache
