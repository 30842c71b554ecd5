// Where the tier's memory comes from: the store's heap, so that all of it counts into the limit.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace isocache {

class PageSource {
 public:
  static constexpr std::size_t kPageBytes = limits::kSegmentBytes;  // 64 KiB

  virtual ~PageSource() = default;
  // A page of kPageBytes, with any content, aligned to 64 bytes (natively to 4 KiB). Null: there is
  // none now. It evicts nothing.
  virtual std::byte* acquire_page() = 0;
  virtual void release_page(std::byte* page) = 0;
};

}  // namespace isocache
