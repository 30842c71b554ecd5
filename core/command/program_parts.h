// What a program may do without. One that does has definitions of its own, which say no and which
// the linker takes instead of those in program_parts.cc. With link-time optimisation, no code is
// left then of what cannot happen: wasm/abi/no_tier.cc makes the module smaller by it.
#pragma once

namespace isocache {

// A store may have a tier.
bool tiers_exist();
// A backend may suspend a request, see late.h: the tier's device may end an operation later.
bool replies_may_be_late();
// A session may speak the binary protocol.
bool binary_is_spoken();
// Somebody may watch what happens (the command watch).
bool watchers_exist();

}  // namespace isocache
