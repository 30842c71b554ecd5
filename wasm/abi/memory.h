// Where the store's segments come from: wasm memory, which grows as the cache fills.
#pragma once

#include <cstddef>
#include <cstdlib>

#include "store/memory_source.h"

namespace isocache {

// Whether memory could grow by that much now. Nothing is kept.
inline bool can_allocate(std::size_t bytes) {
  void* volatile const probe = std::malloc(bytes);  // volatile: or the pair is optimised away
  std::free(probe);
  return probe != nullptr;
}

// Segments leave this much for what cannot be answered with "no memory" in the middle: replies,
// connections, unfinished commands.
inline constexpr std::size_t kReserveBytes = 1U << 20U;

class GrowingMemory : public MemorySource {
 public:
  std::byte* allocate(std::size_t bytes) override {
    if (!can_allocate(bytes + kReserveBytes)) return nullptr;
    return static_cast<std::byte*>(std::aligned_alloc(64, bytes));
  }
};

}  // namespace isocache
