// --check-config: whether a server with these options can work, without starting one.
#pragma once

#include <string>
#include <vector>

#include "native/options.h"

namespace isocache {

// All that is wrong, a line each. Reads the files that are named; opens no socket, looks up no
// host.
std::vector<std::string> find_faults(const Options& options);

}  // namespace isocache
