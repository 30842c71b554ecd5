// A condition that must hold in every build. An assertion is for bugs that tests find. A check is
// for bugs that would give a client another key's value: the process ends before it can answer.
#pragma once

#include <cstdlib>

namespace isocache {

// It costs a compare and a branch that is never taken. Keep it off paths that run for every
// request.
inline void check(bool holds) {
  if (!holds) [[unlikely]] {
    std::abort();
  }
}

}  // namespace isocache
