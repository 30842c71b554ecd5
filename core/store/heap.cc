#include "store/heap.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/check.h"

namespace isocache {
namespace {

constexpr std::size_t kMinSegments = 8;

}  // namespace

std::size_t Heap::segments_for(std::size_t limit_bytes) {
  // The bookkeeping counts against the limit as well.
  return limit_bytes / (limits::kSegmentBytes + sizeof(Segment));
}

Heap::Heap(std::size_t limit_bytes, MemorySource& source) : source_(source) {
  set_limit(limit_bytes);
  segments_.emplace_back();  // id 0: nowhere
}

void Heap::set_limit(std::size_t limit_bytes) {
  limit_segments_ = std::max(segments_for(limit_bytes), kMinSegments);
  // Neither vector grows later, so a Segment& stays valid while segments are acquired.
  chunks_.reserve(chunks_.size() + limit_segments_ / kSegmentsPerChunk + 2);
  segments_.reserve(segments_.size() + limit_segments_ + kSegmentsPerChunk + 1);
  // Without a segment for its survivors, no victim could be emptied.
  ceiling_ = std::max(limit_segments_, std::min(ceiling_, used_segments_ + kForSurvivors));
  source_dry_ = false;
}

bool Heap::can_have_limit(std::size_t limit_bytes) const {
  const std::size_t bytes =
      (segments_.size() + segments_for(limit_bytes) + kSegmentsPerChunk + 1) * sizeof(Segment);
  void* const probe = ::operator new(bytes, std::nothrow);
  ::operator delete(probe);
  return probe != nullptr;
}

void Heap::lower_ceiling(std::size_t spare) {
  ceiling_ = std::max(limit_segments_, std::min(ceiling_, used_segments_ + spare));
}

// The limit may cut a chunk short. That is the last chunk, unless the limit grows: then the rest of
// its ids stay unused.
bool Heap::add_chunk() {
  const std::size_t first = segments_.size();
  const std::size_t wanted =
      std::min(kSegmentsPerChunk, ceiling_ - used_segments_ - free_.count - discarded_.count);
  std::byte* memory = source_.allocate(wanted * limits::kSegmentBytes);
  if (memory == nullptr) {
    source_dry_ = true;
    return false;
  }
  source_segments_ += wanted;
  chunks_.push_back(memory);
  segments_.resize(first + kSegmentsPerChunk);
  for (std::size_t i = wanted; i-- > 0;) free_.push(segments_, static_cast<SegmentId>(first + i));
  return true;
}

// Allocates at once, so that available() does not promise what the source cannot give.
void Heap::retry_source() {
  if (!source_dry_ || used_segments_ + free_.count + discarded_.count >= ceiling_) return;
  source_dry_ = !add_chunk();
}

bool Heap::secure(std::size_t count) {
  if (used_segments_ + count > ceiling_) return false;
  while (free_.count + discarded_.count < count) {
    if (source_dry_ || !add_chunk()) return false;
  }
  return true;
}

SegmentId Heap::acquire(SegmentUse use) {
  if (!secure(1)) return 0;
  const SegmentId id = (free_.count != 0 ? free_ : discarded_).pop(segments_);
  ++used_segments_;
  segments_[id] = Segment{};
  segments_[id].use = use;
  // Memory for survivors is fetched while there is still room without it. If the source has none,
  // that is known before the last segment is used up, and not when nothing can be emptied any more.
  if (free_.count + discarded_.count < kForSurvivors && !source_dry_ &&
      used_segments_ + free_.count + discarded_.count < ceiling_) {
    add_chunk();
  }
  return id;
}

void Heap::release(SegmentId id) {
  Segment& segment = segments_[id];
  check(segment.pins == 0 && segment.uploads == 0 && segment.live == 0 &&
        segment.use != SegmentUse::kFree);
  segment = Segment{};
  free_.push(segments_, id);
  --used_segments_;
}

bool Heap::discard_excess() {
  // Neighbours are discarded together: each run of them costs a system call.
  constexpr std::size_t kMost = 256;
  const std::size_t resident = used_segments_ + free_.count;
  if (resident <= limit_segments_ || free_.count == 0) return false;
  const std::size_t count = std::min({kMost, resident - limit_segments_, free_.count});
  std::array<SegmentId, kMost> ids;
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = free_.pop(segments_);
    discarded_.push(segments_, ids[i]);
  }
  // std::sort() would be faster, and is ten times the code.
  std::make_heap(ids.begin(), ids.begin() + count);
  std::sort_heap(ids.begin(), ids.begin() + count);
  for (std::size_t begin = 0; begin < count;) {
    std::size_t end = begin + 1;
    while (end < count && data(ids[end]) == data(ids[end - 1]) + limits::kSegmentBytes) ++end;
    source_.discard(data(ids[begin]), (end - begin) * limits::kSegmentBytes);
    begin = end;
  }
  return resident - count > limit_segments_ && free_.count != 0;
}

std::size_t Heap::available() const {
  if (used_segments_ >= ceiling_) return 0;
  const std::size_t below_limit = ceiling_ - used_segments_;
  return source_dry_ ? std::min(free_.count + discarded_.count, below_limit) : below_limit;
}

}  // namespace isocache
