// Whether the files of -o ext_path can be made, without making or opening one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// A line for each file that cannot be opened or has no room on its volume. A server empties the
// files in their order, so what a file has on its volume counts as free from then on.
std::vector<std::string> find_volume_faults(std::span<const TierOptions::File> files);

}  // namespace isocache
