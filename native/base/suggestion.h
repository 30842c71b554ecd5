// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace isocache {

// The word of `known` that was probably meant by `word`: the nearest one that takes at most a few
// insertions, deletions, replacements and swaps of neighbours. Case, '-' and '_' make no
// difference. Empty: there is none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace isocache
