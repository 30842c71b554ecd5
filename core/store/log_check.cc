#include "store/log_check.h"

namespace isocache {
namespace {

const char* check_chain(const Log& log, Location location, LogTally& all) {
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

const char* check_record(const Log& log, Location location, std::size_t bytes, LogTally& tally,
                         LogTally& all) {
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

// What is in the segment.
const char* check_records(const Log& log, SegmentId id, LogTally& all) {
  const Segment& segment = log.heap.segment(id);
  LogTally tally;
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

// What is known of the segment.
const char* check_segment(const Log& log, SegmentId id, Stream stream, LogTally& all) {
  const Segment& segment = log.heap.segment(id);
  const bool main = stream.queue == QueueKind::kMain;
  if (segment.use != (main ? SegmentUse::kMain : SegmentUse::kSmall) ||
      segment.band != stream.band) {
    return "a segment is in its stream's queue";
  }
  if (segment.open != (log.open_segment(stream) == id)) return "a stream's end is open";
  ++all.segments;
  if (log.flushed(id)) ++all.flushed_segments;
  if (id == log.evicting) return nullptr;  // the evictor brings it up to date when it has finished
  if (!segment.open && segment.live == 0 && segment.uploads == 0) return "a dead segment is freed";
  if (segment.dead_level != DeadLists::level_of(segment)) return "a segment is in its dead list";
  return nullptr;
}

const char* check_queue(const Log& log, Stream stream, LogTally& all) {
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

// All segments, also those that are in no queue.
const char* check_segments(const Log& log, const LogTally& all, std::size_t tables) {
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

const char* check_queues(const Log& log, LogTally& all) {
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

const char* broken_log(const Log& log, std::size_t tables, LogTally& all) {
  all.upload_records.resize(log.heap.end_id());
  if (const char* broken = check_queues(log, all)) return broken;
  return check_segments(log, all, tables);
}

}  // namespace isocache
