// Visiting all items, a few at a time.
#include "store/prefix_part.h"
#include "store/store_impl.h"

namespace isocache {

std::unique_ptr<SegmentId[]> Store::segments_by_age() const {
  constexpr unsigned kQueues = 2 * kBands;
  const Log& log = impl_->log;
  SegmentId heads[kQueues];
  std::size_t segments = 0;
  for (unsigned i = 0; i < kQueues; ++i) {
    const SegmentQueue& queue = log.queue({i / 2, static_cast<QueueKind>(i % 2)});
    heads[i] = queue.head();
    segments += queue.size();
  }
  auto order = std::make_unique<SegmentId[]>(segments + 1);
  for (std::size_t n = 0; n < segments; ++n) {
    SegmentId* oldest = nullptr;
    std::uint64_t opened_at = ~std::uint64_t{0};
    for (SegmentId& head : heads) {
      if (head == 0 || log.heap.segment(head).opened_at >= opened_at) continue;
      oldest = &head;
      opened_at = log.heap.segment(head).opened_at;
    }
    order[n] = *oldest;
    *oldest = log.heap.segment(*oldest).next;
  }
  return order;
}

// The segment that the scan is at. 0: it is behind the last one.
SegmentId Store::segment_at(const Scan& at) const {
  if (at.order != nullptr) return at.order[at.segment - 1];
  return at.segment < impl_->log.heap.end_id() ? at.segment : 0;
}

// A cursor is a segment and the number of a record in it.
Store::Scan Store::resume_scan(std::uint64_t cursor, const SegmentId* order) const {
  Scan at;
  at.order = order;
  at.segment = static_cast<SegmentId>(cursor >> kOffsetBits);
  if (at.segment == 0) at.segment = 1;
  const std::uint64_t wanted = cursor & ((1U << kOffsetBits) - 1);
  const Log& log = impl_->log;
  const SegmentId id = segment_at(at);
  if (id == 0) return at;
  const Segment& segment = log.heap.segment(id);
  if (!segment.holds_items()) return at;
  for (; at.record < wanted && at.offset < segment.used; ++at.record) {
    at.offset += log.record_bytes(Heap::locate(id, at.offset));
  }
  return at;
}

std::uint64_t Store::cursor_of(const Scan& at) {
  return (static_cast<std::uint64_t>(at.segment) << kOffsetBits) | at.record;
}

Store::Next Store::next_live(Scan& at, UnixSeconds now_s) const {
  const Log& log = impl_->log;
  for (; const SegmentId id = segment_at(at); ++at.segment, at.offset = 0, at.record = 0) {
    if (at.looks_left == 0) return Next::kLater;
    --at.looks_left;
    const Segment& segment = log.heap.segment(id);
    if (!segment.holds_items() || log.flushed(id)) continue;
    while (at.offset < segment.used) {
      if (at.looks_left == 0) return Next::kLater;
      --at.looks_left;
      const Location location = Heap::locate(id, at.offset);
      at.offset += log.record_bytes(location);
      ++at.record;
      const ItemHeader* header = log.item(location);
      if (!log.is_item(location) || (header->bits & (kDead | kUnlinked)) != 0) continue;
      if (header->exptime != 0 && header->exptime <= now_s) continue;
      if (prefixes_can_be_flushed() && log.hides_items() && impl_->prefixes.hides(location))
        continue;
      at.found = location;
      return Next::kFound;
    }
  }
  return Next::kEnd;
}

}  // namespace isocache
