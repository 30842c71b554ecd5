// A hash of few values: stands in for core/base/hash.cc, by being linked in its place.
#pragma once

#include <cstdint>

namespace isocache::simulation {

inline std::uint64_t hash_mask = ~std::uint64_t{0};  // bits of every key's hash that remain

}  // namespace isocache::simulation
