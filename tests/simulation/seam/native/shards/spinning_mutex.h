// Replaces native/shards/spinning_mutex.h in the simulation, which has one thread, so nothing ever
// waits. Other clients act where a thread would wait. A lock that is taken twice ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "simulation/seam/hooks.h"

namespace isocache {

class SpinningMutex {
 public:
  SpinningMutex() = default;
  SpinningMutex(const SpinningMutex&) = delete;
  SpinningMutex& operator=(const SpinningMutex&) = delete;

  void lock() {
    let_others_act();
    take();
  }
  bool try_lock() {
    let_others_act();
    const bool asked = simulation::lock_hooks != nullptr && simulation::locks_held == 0;
    if (held_ || (asked && simulation::lock_hooks->pretend_held())) return false;
    take();
    return true;
  }
  void unlock() {
    held_ = false;
    --simulation::locks_held;
  }

 private:
  static void let_others_act() {
    if (simulation::lock_hooks != nullptr && simulation::locks_held == 0) {
      simulation::lock_hooks->before_lock();
    }
  }
  void take() {
    if (held_) {
      std::fputs("a thread waits for a lock that it holds itself\n", stderr);
      std::abort();
    }
    held_ = true;
    ++simulation::locks_held;
  }

  bool held_ = false;
};

}  // namespace isocache
