// The check of everything: what must hold between any two calls.
#include <cstdlib>
#include <vector>

#include "store/store_impl.h"

namespace isocache {

// --- memory --------------------------------------------------------------------------------

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
  if (ceiling_ < limit_segments_ || ceiling_ < used_segments_)
    return "the ceiling is above the use";
  return nullptr;
}

// --- the log -------------------------------------------------------------------------------

namespace {

// What one segment, or all of them, hold.
struct Tally {
  std::size_t live_bytes = 0;
  std::size_t used_bytes = 0;
  std::size_t items = 0;          // uploads included
  std::size_t visible_items = 0;  // what the index must point at
  std::size_t segments = 0;
  std::size_t flushed_segments = 0;
  std::size_t upload_bytes = 0;               // reserved
  std::vector<std::uint32_t> upload_records;  // of each segment
};

const char* check_chain(const Log& log, Location location, Tally& all) {
  const ItemHeader* header = log.item(location);
  const bool unlinked = (header->bits & kUnlinked) != 0;
  std::size_t length = 0;
  Location at = location;
  for (Log::Span span = log.first_span(location);; span = log.piece_span(span.next)) {
    length += span.size;
    if (unlinked) ++all.upload_records[span.segment];
    if (span.next == 0) break;
    if (log.is_item(span.next) || log.piece(span.next)->kind != RecordKind::kPiece) {
      return "a chain has live pieces";
    }
    if (log.piece(span.next)->owner != location) return "a piece knows its item";
    if (log.piece(span.next)->previous != at) return "a piece knows what is before it";
    at = span.next;
  }
  const bool chained = (header->bits & kChained) != 0;
  const std::size_t total = chained ? load_chain(header).total_length : header->value_length;
  if (unlinked) {
    all.upload_bytes +=
        round_to_unit(sizeof(ItemHeader) + header->key_length + total) + limits::kSegmentBytes;
  }
  if (unlinked ? length > total : length != total) return "a chain has the value's length";
  return nullptr;
}

const char* check_record(const Log& log, Location location, std::size_t bytes, Tally& tally,
                         Tally& all) {
  if (!log.is_item(location)) {
    if (log.piece(location)->kind == RecordKind::kPiece) tally.live_bytes += bytes;
    return nullptr;
  }
  const ItemHeader* header = log.item(location);
  if ((header->bits & kDead) != 0) return nullptr;
  tally.live_bytes += bytes;
  ++tally.items;
  if ((header->bits & kUnlinked) == 0) ++tally.visible_items;
  return check_chain(log, location, all);
}

// What is in it.
const char* check_records(const Log& log, SegmentId id, Tally& all) {
  const Segment& segment = log.heap.segment(id);
  Tally tally;
  std::size_t offset = 0;
  while (offset < segment.used) {
    const Location location = Heap::locate(id, offset);
    const std::size_t bytes = log.record_bytes(location);
    if (bytes == 0) return "a record has a size";
    if (const char* broken = check_record(log, location, bytes, tally, all)) return broken;
    offset += bytes;
  }
  if (offset != segment.used) return "records fill their segment";
  if (tally.live_bytes != segment.live) return "a segment's live bytes add up";
  if (tally.items != segment.items) return "a segment's items add up";
  all.live_bytes += tally.live_bytes;
  all.used_bytes += segment.used;
  all.items += tally.items;
  all.visible_items += tally.visible_items;
  return nullptr;
}

// What is known of it.
const char* check_segment(const Log& log, SegmentId id, Stream stream, Tally& all) {
  const Segment& segment = log.heap.segment(id);
  const bool main = stream.queue == QueueKind::kMain;
  if (segment.use != (main ? SegmentUse::kMain : SegmentUse::kSmall) ||
      segment.band != stream.band) {
    return "a segment is in its stream's queue";
  }
  if (segment.open != (log.open_segment(stream) == id)) return "a stream's end is open";
  ++all.segments;
  if (log.flushed(id)) ++all.flushed_segments;
  if (id == log.evicting) return nullptr;  // is brought up to date when that has ended
  if (!segment.open && segment.live == 0 && segment.uploads == 0) return "a dead segment is freed";
  if (segment.dead_level != DeadLists::level_of(segment)) return "a segment is in its dead list";
  return nullptr;
}

const char* check_queue(const Log& log, Stream stream, Tally& all) {
  const SegmentQueue& queue = log.queue(stream);
  SegmentId previous = 0;
  std::size_t size = 0;
  for (SegmentId id = queue.head(); id != 0; id = log.heap.segment(id).next) {
    if (log.heap.segment(id).previous != previous) return "a queue's links fit";
    if (const char* broken = check_segment(log, id, stream, all)) return broken;
    if (const char* broken = check_records(log, id, all)) return broken;
    previous = id;
    if (++size > queue.size()) break;
  }
  return size == queue.size() ? nullptr : "a queue knows its size";
}

// All segments, those in no queue as well.
const char* check_segments(const Log& log, const Tally& all, std::size_t tables) {
  std::size_t pinned = 0;
  std::size_t listed = 0;
  std::size_t zombies = 0;
  for (SegmentId id = 1; id < log.heap.end_id(); ++id) {
    const Segment& segment = log.heap.segment(id);
    pinned += segment.pins != 0 ? 1U : 0U;
    listed += segment.dead_level != 0 ? 1U : 0U;
    if (segment.uploads != all.upload_records[id]) return "uploads hold their segments";
    if (segment.use != SegmentUse::kZombie) continue;
    ++zombies;
    if (segment.pins == 0) return "a reply sends from what is kept for one";
  }
  for (unsigned level = 1; level <= DeadLists::kLevels; ++level) {
    SegmentId previous = 0;
    for (SegmentId id = log.dead_lists.head(level); id != 0; id = log.heap.segment(id).dead_next) {
      const Segment& segment = log.heap.segment(id);
      if (segment.dead_level != level || segment.dead_previous != previous || listed-- == 0) {
        return "dead lists' links fit";
      }
      previous = id;
    }
  }
  if (listed != 0) return "dead lists hold what is marked so";
  if (pinned != log.pinned_segments()) return "pinned segments add up";
  if (all.flushed_segments != log.flushed_segments()) return "flushed segments add up";
  if (all.segments + zombies + tables != log.heap.used_segments()) return "segments add up";
  return nullptr;
}

const char* check_log(const Log& log, Tally& all) {
  for (unsigned band = 0; band < kBands; ++band) {
    const std::size_t items = all.items;
    const std::size_t bytes = all.live_bytes;
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      if (const char* broken = check_queue(log, {band, kind}, all)) return broken;
    }
    if (all.items - items != log.totals[band].items ||
        all.live_bytes - bytes != log.totals[band].bytes) {
      return "a band's totals add up";
    }
  }
  if (all.live_bytes != log.live_bytes) return "all live bytes add up";
  if (all.used_bytes != log.used_bytes) return "all used bytes add up";
  return nullptr;
}

}  // namespace

const char* Store::broken_invariant() const {
  const Impl& impl = *impl_;
  const Log& log = impl.log;
  if (const char* broken = log.heap.broken_invariant()) return broken;
  if (const char* broken = impl.index.broken_invariant()) return broken;
  Tally all;
  all.upload_records.resize(log.heap.end_id());
  if (const char* broken = check_log(log, all)) return broken;
  const std::size_t tables =
      impl.index.pages() + impl.evictor.ghost_bytes() / limits::kSegmentBytes;
  if (const char* broken = check_segments(log, all, tables)) return broken;
  if (all.visible_items != impl.index.size()) return "every live item is in the index";
  if (all.upload_bytes != impl.upload_bytes) return "what uploads have reserved adds up";

  const char* broken = nullptr;
  impl.index.for_each([&](Slot slot) {
    const ItemHeader* header = log.item(slot.location());
    if (header->key_length == 0 || (header->bits & (kDead | kUnlinked)) != 0) {
      broken = "the index points at live items";
      return;
    }
    const std::string_view name(reinterpret_cast<const char*>(header + 1), header->key_length);
    const Slot found = impl.find_slot({name, hash(name, impl.options.hash_key)});
    if (!found || found.location() != slot.location()) broken = "every item is found by its key";
  });
  return broken;
}

void Store::check_invariants() const {
  if (broken_invariant() != nullptr) std::abort();
}

}  // namespace isocache
