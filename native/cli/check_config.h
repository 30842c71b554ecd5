// --check-config: checks whether a server with these options can work, without starting one.
#pragma once

#include <string>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// Returns a line for each fault. Reads the files that the options name; opens no socket, looks up
// no host. Adds warnings to the options, as a start does. The process becomes the user of -u for
// good, because that user has to be able to read the files.
std::vector<std::string> find_faults(Options& options);

}  // namespace isocache
