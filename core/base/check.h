// What must hold in every build. An assertion is for a bug that a test finds; a check is for one
// whose consequence would be another key's value: the process ends before it can answer.
#pragma once

#include <cstdlib>

namespace isocache {

// Costs a compare and a branch that is never taken; keep it off paths that run for every request.
inline void check(bool holds) {
  if (!holds) [[unlikely]] {
    std::abort();
  }
}

}  // namespace isocache
