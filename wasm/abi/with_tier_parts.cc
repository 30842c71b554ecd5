// What isocache-tier.wasm has of command/program_parts.h.
#include "command/program_parts.h"

namespace isocache {

bool tiers_exist() { return true; }
bool replies_may_be_late() { return false; }  // HostDevice ends each operation within the call
bool binary_is_spoken() { return true; }
bool watchers_exist() { return false; }  // nobody calls the waker of a session

}  // namespace isocache
