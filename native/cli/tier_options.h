// What the words of the flash tier mean together.
#pragma once

#include "native/config/options.h"

namespace isocache {

// REQUIRES: there is an ext_path. Adds warnings. Throws UsageError.
void check_tier(Options& options);

}  // namespace isocache
