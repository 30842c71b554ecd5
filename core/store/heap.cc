#include "store/heap.h"

#include <algorithm>
#include <cassert>

namespace isocache {

std::size_t Heap::segments_for(std::size_t limit_bytes) {
  // The bookkeeping counts against the limit as well.
  return limit_bytes / (limits::kSegmentBytes + sizeof(Segment));
}

Heap::Heap(std::size_t limit_bytes, MemorySource& source) : source_(source) {
  chunks_.reserve(limit_bytes / (kSegmentsPerChunk * limits::kSegmentBytes) + 2);
  segments_.reserve(segments_for(limit_bytes) + 1);
  segments_.emplace_back();  // id 0: nowhere
  set_limit(limit_bytes);
}

void Heap::set_limit(std::size_t limit_bytes) {
  limit_segments_ = std::max<std::size_t>(segments_for(limit_bytes), 8);
  source_dry_ = false;
}

// A chunk cut short by the limit is the last one, unless the limit grows: then the rest of its ids
// stay unused.
bool Heap::add_chunk() {
  const std::size_t first = segments_.size();
  const std::size_t wanted = std::min(kSegmentsPerChunk, limit_segments_ - used_segments_);
  std::byte* memory = source_.allocate(wanted * limits::kSegmentBytes);
  if (memory == nullptr) {
    source_dry_ = true;
    return false;
  }
  source_bytes_ += wanted * limits::kSegmentBytes;
  chunks_.push_back(memory);
  segments_.resize(first + kSegmentsPerChunk);
  for (std::size_t i = wanted; i-- > 0;) {
    const auto id = static_cast<SegmentId>(first + i);
    segments_[id].next = free_;
    free_ = id;
  }
  free_count_ += wanted;
  return true;
}

SegmentId Heap::acquire(SegmentUse use) {
  if (used_segments_ >= limit_segments_) return 0;
  if (free_ == 0 && (source_dry_ || !add_chunk())) return 0;
  const SegmentId id = free_;
  free_ = segments_[id].next;
  --free_count_;
  ++used_segments_;
  segments_[id] = Segment{};
  segments_[id].use = use;
  return id;
}

void Heap::release(SegmentId id) {
  Segment& segment = segments_[id];
  assert(segment.pins == 0 && segment.uploads == 0 && segment.use != SegmentUse::kFree);
  segment = Segment{};
  segment.next = free_;
  free_ = id;
  ++free_count_;
  --used_segments_;
}

std::size_t Heap::available() const {
  if (used_segments_ >= limit_segments_) return 0;
  const std::size_t below_limit = limit_segments_ - used_segments_;
  return source_dry_ ? std::min(free_count_, below_limit) : below_limit;
}

}  // namespace isocache
