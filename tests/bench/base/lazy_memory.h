// Segments from calloc, which gives zeroed pages that take no memory until they are touched. The
// tests' memory (support/test_memory.h) fills its segments: a store of gigabytes would take seconds
// to make, and would be warm before the measurement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "store/memory_source.h"

namespace isocache::bench {

class LazyMemory : public MemorySource {
 public:
  LazyMemory() = default;
  LazyMemory(const LazyMemory&) = delete;
  LazyMemory& operator=(const LazyMemory&) = delete;
  ~LazyMemory() override {
    for (void* chunk : chunks_) std::free(chunk);
  }
  std::byte* allocate(std::size_t bytes) override {
    void* chunk = std::calloc(bytes + kAlignment, 1);
    if (chunk == nullptr) return nullptr;
    chunks_.push_back(chunk);
    const std::size_t past = reinterpret_cast<std::uintptr_t>(chunk) % kAlignment;
    return static_cast<std::byte*>(chunk) + (kAlignment - past) % kAlignment;
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  std::vector<void*> chunks_;
};

}  // namespace isocache::bench
