#include "command/program_parts.h"

namespace isocache {

bool tiers_exist() { return true; }
bool replies_may_be_late() { return true; }
bool binary_is_spoken() { return true; }
bool watchers_exist() { return true; }

}  // namespace isocache
