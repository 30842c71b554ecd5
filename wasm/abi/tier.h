// The tier of this instance. isocache-tier.wasm has one if its host asks for it (with_tier.cc).
// isocache.wasm never has one, and no code for one (no_tier.cc).
#pragma once

#include <cstdint>

#include "command/cold_tier.h"
#include "store/item.h"

namespace isocache {

// Null: there is none.
ColdTier* cold_tier();
// True: the tier keeps the item that the store evicts.
bool tier_keeps(const ItemView& item, std::uint64_t hash);

}  // namespace isocache
