// The check of everything: what must hold between any two calls.
#include <cstdlib>

#include "store/store_impl.h"

namespace isocache {
namespace {

// What one segment, or all of them, hold.
struct Tally {
  std::size_t live_bytes = 0;
  std::size_t items = 0;          // uploads included
  std::size_t visible_items = 0;  // what the index must point at
  std::size_t segments = 0;
};

const char* check_chain(const Log& log, Location location) {
  const ItemHeader* header = log.item(location);
  std::size_t length = 0;
  for (Log::Span span = log.first_span(location);; span = log.piece_span(span.next)) {
    length += span.size;
    if (span.next == 0) break;
    if (log.is_item(span.next) || log.piece(span.next)->kind != RecordKind::kPiece) {
      return "a chain has live pieces";
    }
    if (log.piece(span.next)->owner != location) return "a piece knows its item";
  }
  const bool complete = (header->bits & (kChained | kUnlinked)) == kChained;
  if (complete && length != load_chain(header).total_length)
    return "a chain has the value's length";
  return nullptr;
}

const char* check_record(const Log& log, Location location, std::size_t bytes, Tally& tally) {
  if (!log.is_item(location)) {
    if (log.piece(location)->kind == RecordKind::kPiece) tally.live_bytes += bytes;
    return nullptr;
  }
  const ItemHeader* header = log.item(location);
  if ((header->bits & kDead) != 0) return nullptr;
  tally.live_bytes += bytes;
  ++tally.items;
  if ((header->bits & kUnlinked) == 0) ++tally.visible_items;
  return check_chain(log, location);
}

const char* check_segment(const Log& log, SegmentId id, Tally& all) {
  const Segment& segment = log.heap.segment(id);
  Tally tally;
  std::size_t offset = 0;
  while (offset < segment.used) {
    const Location location = Heap::locate(id, offset);
    const std::size_t bytes = log.record_bytes(location);
    if (bytes == 0) return "a record has a size";
    if (const char* broken = check_record(log, location, bytes, tally)) return broken;
    offset += bytes;
  }
  if (offset != segment.used) return "records fill their segment";
  if (tally.live_bytes != segment.live) return "a segment's live bytes add up";
  if (tally.items != segment.items) return "a segment's items add up";
  all.live_bytes += tally.live_bytes;
  all.items += tally.items;
  all.visible_items += tally.visible_items;
  ++all.segments;
  return nullptr;
}

}  // namespace

const char* Store::broken_invariant() const {
  const Log& log = impl_->log;
  Tally all;
  for (unsigned band = 0; band < kBands; ++band) {
    const Tally before = all;
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      for (SegmentId id = log.queue({band, kind}).head(); id != 0; id = log.heap.segment(id).next) {
        if (const char* broken = check_segment(log, id, all)) return broken;
      }
    }
    const bool adds_up = all.items - before.items == log.totals[band].items &&
                         all.live_bytes - before.live_bytes == log.totals[band].bytes;
    if (!adds_up) return "a band's totals add up";
  }
  if (all.visible_items != impl_->index.size()) return "every live item is in the index";
  if (all.live_bytes != log.live_bytes) return "all live bytes add up";

  std::size_t entries = 0;
  const char* broken = nullptr;
  impl_->index.for_each([&](Slot slot) {
    ++entries;
    const ItemHeader* header = log.item(slot.location());
    if (header->key_length == 0 || (header->bits & (kDead | kUnlinked)) != 0) {
      broken = "the index points at live items";
      return;
    }
    const std::string_view name(reinterpret_cast<const char*>(header + 1), header->key_length);
    const Slot found = impl_->find_slot({name, hash(name, impl_->options.hash_key)});
    if (!found || found.location() != slot.location()) broken = "every item is found by its key";
  });
  if (broken != nullptr) return broken;
  if (entries != impl_->index.size()) return "index entries add up";
  const std::size_t pages =
      impl_->index.pages() + impl_->evictor.ghost_bytes() / limits::kSegmentBytes;
  if (all.segments + pages > log.heap.used_segments()) return "segments add up";
  return nullptr;
}

void Store::check_invariants() const {
  if (broken_invariant() != nullptr) std::abort();
}

}  // namespace isocache
