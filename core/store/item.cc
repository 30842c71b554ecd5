#include "store/item.h"

#include "store/index.h"
#include "store/log.h"

namespace isocache {

ItemView::ItemView(const Log& log, const Index& index, Location location)
    : ItemFacts(log.item(location)), log_(log), index_(index), location_(location) {}

ItemView::PieceCursor ItemView::first_piece() const {
  const Log::Span span = log_.first_span(location_);
  return {{{span.data, span.size}, span.segment}, span.next};
}

void ItemView::next_piece(PieceCursor& at) const {
  if (at.next == 0) {
    at.piece = {};
    return;
  }
  const Log::Span span = log_.piece_span(at.next);
  at = {{{span.data, span.size}, span.segment}, span.next};
}

Standing ItemView::standing() const {
  const Slot slot = index_.slot_of(location_, index_.hash_of(location_));
  const Segment& segment = log_.heap.segment(Heap::segment_of(location_));
  return {Log::stream_of(segment).queue == QueueKind::kMain, slot.bucket->frequency(slot.index)};
}

}  // namespace isocache
