#include "simulation/seam/weak_hash.h"

#include "base/hash.h"

// The real function, under another name.
namespace isocache {
std::uint64_t whole_hash_bytes(std::string_view bytes, std::uint64_t seed);
}
#define hash_bytes whole_hash_bytes
#include "base/hash.cc"
#undef hash_bytes

namespace isocache {

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  return whole_hash_bytes(bytes, seed) & simulation::hash_mask;
}

}  // namespace isocache
