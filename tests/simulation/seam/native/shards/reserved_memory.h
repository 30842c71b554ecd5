// Stands in for native/shards/reserved_memory.h in the simulation: chunks from the heap, so that
// sanitizers see their bounds, filled with the same bytes in every run, and refused on demand.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "simulation/seam/hooks.h"
#include "store/store.h"

namespace isocache {

class ReservedMemory : public MemorySource {
 public:
  ReservedMemory(std::size_t /*bytes*/, bool /*huge_pages*/) {}
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;
  ~ReservedMemory() override {
    for (void* chunk : chunks_) std::free(chunk);
  }

  std::byte* allocate(std::size_t bytes) override {
    simulation::MemoryFaults& faults = simulation::memory_faults;
    ++faults.calls;
    if (faults.failing || (faults.fail_every != 0 && faults.calls % faults.fail_every == 0)) {
      faults.failed_once = true;
      return nullptr;
    }
    void* const chunk = std::aligned_alloc(64, bytes);
    if (chunk == nullptr) std::abort();
    std::memset(chunk, 0xA5, bytes);
    chunks_.push_back(chunk);
    return static_cast<std::byte*>(chunk);
  }

  // What is read of it later is not what was there.
  void discard(std::byte* memory, std::size_t bytes) override { std::memset(memory, 0x5A, bytes); }

 private:
  std::vector<void*> chunks_;
};

}  // namespace isocache
