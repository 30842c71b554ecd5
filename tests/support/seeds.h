// The first seed of random tests: the same in every run, unless ISOCACHE_SEED says otherwise.
#pragma once

#include <cstdlib>

namespace isocache {

inline unsigned first_seed() {
  const char* given = std::getenv("ISOCACHE_SEED");
  return given == nullptr ? 1U : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

}  // namespace isocache
