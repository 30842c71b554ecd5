// Replies that differ from the recorded ones when all items are moved to the tier after each
// command.
#pragma once

#include <string_view>

namespace isocache {

bool differs_on_tier(std::string_view sent);

}  // namespace isocache
