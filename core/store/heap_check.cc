// What must hold in the heap between any two calls.
#include "store/heap.h"

namespace isocache {

const char* Heap::broken_invariant() const {
  std::size_t used = 0;
  for (const Segment& segment : segments_) {
    if (segment.use != SegmentUse::kFree) {
      ++used;
    } else if (segment.used != 0 || segment.live != 0 || segment.pins != 0 ||
               segment.uploads != 0 || segment.open) {
      return "a free segment holds nothing";
    }
  }
  if (used != used_segments_) return "used segments add up";
  for (const FreeList* list : {&free_, &discarded_}) {
    SegmentId id = list->head;
    for (std::size_t n = 0; n < list->count; ++n, id = segments_[id].next) {
      if (id == 0 || segments_[id].use != SegmentUse::kFree) return "free lists hold free segments";
    }
  }
  if (used_segments_ + free_.count + discarded_.count != source_segments_) {
    return "every segment is used or free";
  }
  if (ceiling_ < limit_segments_ || ceiling_ < used_segments_) {
    return "the ceiling is above the use";
  }
  return nullptr;
}

}  // namespace isocache
