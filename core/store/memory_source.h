// Where a store's memory comes from: mmap natively, malloc in wasm.
#pragma once

#include <cstddef>

namespace isocache {

// The source keeps every address valid while the store lives. What lies behind an address may be
// given back.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  // Aligned to 64 bytes, with any content. Null: there is no memory now. `bytes` is a multiple of
  // limits::kSegmentBytes.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  // The limit was lowered, and the store needs the content of these whole segments no longer. The
  // source may give the memory back to the system. When the store uses the segments again, they may
  // have any content.
  virtual void discard(std::byte* /*memory*/, std::size_t /*bytes*/) {}
};

}  // namespace isocache
