// For isocache.wasm, which has no tier, does not speak the binary protocol, cannot be watched and
// flushes no prefix.
// The compiler leaves out what only these would need.
#include "command/program_parts.h"
#include "store/prefix_part.h"
#include "tier.h"

namespace isocache {

bool tiers_exist() { return false; }
bool replies_may_be_late() { return false; }
bool binary_is_spoken() { return false; }
bool prefixes_can_be_flushed() { return false; }
bool watchers_exist() { return false; }

ColdTier* cold_tier() { return nullptr; }
bool tier_keeps(const ItemView& /*item*/, std::uint64_t /*hash*/) { return false; }

}  // namespace isocache
