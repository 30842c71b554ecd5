// Background steps: flushed segments are emptied, and a limit that was lowered is reached.
#include "store/evictor.h"

namespace isocache {
namespace {

// How many segments one step looks at in search of flushed ones.
constexpr std::size_t kSegmentsLookedAt = 256;
// What one step processes after the limit was lowered: so many batches of up to 32 items, a
// megabyte at most.
constexpr std::size_t kShrinkBatches = 256;

}  // namespace

bool Evictor::reclaim_flushed() {
  if (log_.flushed_segments() == 0) return false;
  begin_call();
  if (victim_ == 0 && !choose_flushed()) return look_for_flushed();
  process(limits::kSegmentBytes);
  return !gave_up_ && log_.flushed_segments() > 0;
}

// Segments that were held when their turn came lie behind others in their queues by now.
bool Evictor::look_for_flushed() {
  for (std::size_t n = 0; n < kSegmentsLookedAt; ++n) {
    if (++flushed_cursor_ >= log_.heap.end_id()) {
      flushed_cursor_ = 0;
      return false;
    }
    const Segment& segment = log_.heap.segment(flushed_cursor_);
    if (!segment.holds_items() || !log_.flushed(flushed_cursor_) || segment.open || segment.held())
      continue;
    begin(flushed_cursor_, VictimMode::kFlushed);
    process(limits::kSegmentBytes);
    return !gave_up_;
  }
  return true;
}

bool Evictor::shrink_to_limit() {
  if (!log_.heap.above_limit()) return log_.heap.discard_excess();
  begin_call();
  std::size_t batches = 0;
  for (; batches < kShrinkBatches; ++batches) {
    if (log_.heap.used_segments() + kSpare <= log_.heap.limit_segments()) break;
    if (victim_ == 0 && !choose_victim()) break;
    process(kBatchBytes);
  }
  log_.heap.lower_ceiling(kSpare);
  log_.heap.discard_excess();
  return batches != 0 && log_.heap.above_limit();
}

}  // namespace isocache
