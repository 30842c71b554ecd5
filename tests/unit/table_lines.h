// Command lines made from the rows of commands.def.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/tables.h"

namespace isocache {

std::vector<std::string> words_of(std::string_view text);
std::string joined(const std::vector<std::string>& words);

// A line of `count` tokens. Each of them is good as far as the command accepts so many.
std::string line_of(const table::CommandRow& row, unsigned count);

}  // namespace isocache
