#include "store/prefix_part.h"

namespace isocache {

bool prefixes_can_be_flushed() { return true; }

}  // namespace isocache
