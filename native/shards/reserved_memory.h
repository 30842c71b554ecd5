// The store's memory. Address space for a shard's whole limit is reserved at once. Pages come as
// segments are first written, in order. So resident memory is what the store uses, and neighbouring
// segments are neighbours in memory.
#pragma once

#include <cstddef>
#include <vector>

#include "store/memory_source.h"

namespace isocache {

class ReservedMemory : public MemorySource {
 public:
  // `huge_pages` (-L) asks the kernel for 2 MB pages. Throws SystemError.
  ReservedMemory(std::size_t bytes, bool huge_pages);
  ~ReservedMemory() override;
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  // If more is needed than was reserved (cache_memlimit raised the limit), it reserves another
  // region.
  std::byte* allocate(std::size_t bytes) override;
  // The pages go back to the system. The addresses stay reserved, and read as zero.
  void discard(std::byte* memory, std::size_t bytes) override;

 private:
  struct Region {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;
    std::size_t used = 0;
  };
  bool reserve(std::size_t bytes);

  bool huge_pages_;
  std::vector<Region> regions_;  // the last one is being handed out
};

}  // namespace isocache
