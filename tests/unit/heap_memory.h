// Segments from the ordinary heap, freed at the end: sanitizers see every chunk's bounds.
#pragma once

#include <cstdlib>
#include <cstring>
#include <vector>

#include "store/store.h"

namespace isocache {

class HeapMemory : public MemorySource {
 public:
  HeapMemory() = default;
  HeapMemory(const HeapMemory&) = delete;
  HeapMemory& operator=(const HeapMemory&) = delete;
  ~HeapMemory() override {
    for (void* chunk : chunks_) std::free(chunk);
  }
  std::byte* allocate(std::size_t bytes) override {
    void* chunk = std::aligned_alloc(64, bytes);
    if (chunk == nullptr) return nullptr;
    std::memset(chunk, 0, bytes);
    chunks_.push_back(chunk);
    return static_cast<std::byte*>(chunk);
  }

 private:
  std::vector<void*> chunks_;
};

}  // namespace isocache
