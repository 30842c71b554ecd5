// me, which memcached calls meta debug: what is known about an item.

#include "command/engine.h"

namespace isocache {

// Reads the item; this does not count as an access.
DebugOutcome Engine::debug(const Request& request) {
  return {store_.find(request.key, now_s_).item, now_s_, options_.cas_enabled};
}

}  // namespace isocache
