// How an item's value gets into a reply, in any protocol.
#pragma once

#include <string_view>

#include "command/outcome.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

// Appends the value and what ends it. A small value is copied; a large one is referred to where it
// lies, and its segments are pinned. REQUIRES: outcome.found().
void append_value(const GetOutcome& outcome, const Request& request, std::string_view end,
                  Output& out);

}  // namespace isocache
