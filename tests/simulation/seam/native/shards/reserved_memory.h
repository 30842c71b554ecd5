// Replaces native/shards/reserved_memory.h in the simulation, by include path. So it has to be a
// class of its own. It refuses when the simulated world says so, and otherwise is the memory of all
// tests.
#pragma once

#include <cstddef>

#include "simulation/seam/hooks.h"
#include "store/memory_source.h"
#include "support/test_memory.h"

namespace isocache {

class ReservedMemory : public MemorySource {
 public:
  ReservedMemory(std::size_t /*bytes*/, bool /*huge_pages*/) {}

  std::byte* allocate(std::size_t bytes) override {
    simulation::MemoryFaults& faults = simulation::memory_faults;
    ++faults.calls;
    if (faults.failing || (faults.fail_every != 0 && faults.calls % faults.fail_every == 0)) {
      faults.failed_once = true;
      return nullptr;
    }
    return memory_.allocate(bytes);
  }
  void discard(std::byte* memory, std::size_t bytes) override { memory_.discard(memory, bytes); }

 private:
  TestMemory memory_{0, 4096};  // a device may write from it
};

}  // namespace isocache
