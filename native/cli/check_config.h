// --check-config: whether a server with these options can work, without starting one.
#pragma once

#include <string>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// All that is wrong, a line each. Reads the files that are named; opens no socket, looks up no
// host. The process becomes the user of -u for good: what only root may read is of no use to that
// one.
std::vector<std::string> find_faults(const Options& options);

}  // namespace isocache
