// What the simulation's lock and memory call before they act. One simulation at a time, one thread.
#pragma once

#include <cstdint>

namespace isocache::simulation {

// Called where another thread could run in between.
class LockHooks {
 public:
  virtual ~LockHooks() = default;
  // About to take a shard's lock, while this thread holds none: others may act now.
  virtual void before_lock() = 0;
  // try_lock() asks whether another thread holds the lock.
  virtual bool pretend_held() = 0;
};
inline LockHooks* lock_hooks = nullptr;
inline unsigned locks_held = 0;

// When the memory source of every shard fails.
struct MemoryFaults {
  bool failing = false;          // at every call
  std::uint32_t fail_every = 0;  // at every nth call; 0: at none
  std::uint32_t calls = 0;
  bool failed_once = false;
};
inline MemoryFaults memory_faults;

}  // namespace isocache::simulation
