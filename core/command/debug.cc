// me.

#include "command/engine.h"

namespace isocache {

// Looks at the item, and does not count as a read.
DebugOutcome Engine::debug(const Request& request) {
  return {store_.find(request.key, now_s_).item, now_s_, options_.cas_enabled};
}

}  // namespace isocache
