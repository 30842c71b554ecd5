// The log: where records are appended, moved and die. It knows segments, queues and chains of
// pieces. It does not know what keys mean, how often they are read, or what eviction wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/bands.h"
#include "store/heap.h"
#include "store/queues.h"

namespace isocache {

// Where a record is appended: one open segment for each size band and queue.
struct Stream {
  unsigned band = 0;
  QueueKind queue = QueueKind::kSmall;
};

// A moment in the life of a log: how far each stream was.
struct LogMark {
  std::uint64_t clock = 0;  // segments opened before it have a lower Segment::opened_at
  SegmentId open[kBands][2] = {};
  std::uint16_t used[kBands][2] = {};  // of the open segment, in units of 8 bytes
};

class Log {
 public:
  // Items up to this size are never split: at most 2 KiB of a segment's end (1.5 % on average)
  // stays unused. Larger ones are chained when they do not fit, so that nothing is wasted.
  static constexpr std::size_t kUnsplitBytes = 2048;
  // A shorter rest of a segment is not worth a piece.
  static constexpr std::size_t kMinPieceBytes = 512;

  Log(std::size_t limit_bytes, MemorySource& source) : heap(limit_bytes, source) {}

  // --- appending --------------------------------------------------------------------------
  // Space for a record of `bytes` (rounded, at most a segment) at the stream's end. It counts as
  // live. 0: the heap is out of segments.
  Location append(Stream stream, std::size_t bytes);
  // Bytes left in the stream's open segment.
  std::size_t room(Stream stream) const;
  // What the stream appends to; 0: its next record begins a new segment.
  SegmentId open_segment(Stream stream) const {
    return open_[stream.band][static_cast<unsigned>(stream.queue)];
  }
  // The stream's next record begins a new segment.
  void close(Stream stream);
  void close_all();

  // Space for an item, contiguous where it fits and chained where not. Of its header, the lengths
  // and the chain are set. extend() appends the pieces after the first. 0: out of segments.
  Location append_item(Stream stream, std::size_t key_length, std::size_t value_length);
  // Space for up to `remaining` further bytes of a chained value, behind `tail`: the item `owner`
  // or its last piece. 0: out of segments.
  Location extend(Stream stream, Location owner, Location tail, std::size_t remaining);
  // Space for the whole value: append_item() and as many extend() as it takes.
  Location append_whole_item(Stream stream, std::size_t key_length, std::size_t value_length);

  // --- dying and moving -------------------------------------------------------------------
  // The item and its pieces are dead.
  void kill_item(Location location);
  // Copies one record to the stream's end, and tells its neighbours in a chain; the old copy is
  // dead. A record that does not fit is split, as when it was appended. The caller points the index
  // at an item that moved. 0: out of segments, and nothing was changed.
  Location move_item(Location from, Stream stream);
  Location move_piece(Location from, Stream stream);
  // An item became shorter in place: the `bytes` at `location` are unused.
  void fill(Location location, std::size_t bytes);

  // --- a value's bytes --------------------------------------------------------------------
  struct Span {
    char* data = nullptr;
    std::size_t size = 0;
    SegmentId segment = 0;
    Location next = 0;  // the piece after this one
  };
  Span first_span(Location location) const;  // of an item
  Span piece_span(Location location) const;
  // The record after `at` of the item at `head`. 0: `at` is the last one.
  Location next_of(Location at, Location head) const {
    if (at != head) return piece(at)->next;
    return (item(head)->bits & kChained) != 0 ? load_chain(item(head)).next : 0;
  }

  // --- records ----------------------------------------------------------------------------
  ItemHeader* item(Location location) const { return heap.record<ItemHeader>(location); }
  PieceHeader* piece(Location location) const { return heap.record<PieceHeader>(location); }
  bool is_item(Location location) const { return item(location)->key_length != 0; }
  std::size_t record_bytes(Location location) const;

  // --- segments ---------------------------------------------------------------------------
  SegmentQueue& queue(Stream stream) {
    return queues_[stream.band][static_cast<unsigned>(stream.queue)];
  }
  const SegmentQueue& queue(Stream stream) const {
    return queues_[stream.band][static_cast<unsigned>(stream.queue)];
  }
  static Stream stream_of(const Segment& segment) {
    return {segment.band, segment.use == SegmentUse::kMain ? QueueKind::kMain : QueueKind::kSmall};
  }
  // Takes a closed segment with nothing live in it out of its queue. Frees it now, or when the last
  // reply has been sent from it.
  void retire(SegmentId id);
  // The segment was `evicting` or open, and is no longer: makes up for the bookkeeping left out.
  void settle(SegmentId id);
  // A reply sends from it (pin), or an unfinished upload writes to it (hold). Each pin needs an
  // unpin, each hold a let-go. Meanwhile the segment is no victim, and keeps its memory.
  void pin(SegmentId id);
  void unpin(SegmentId id);
  void hold_for_upload(SegmentId id);
  void let_go_of_upload(SegmentId id);
  std::size_t pinned_segments() const { return pinned_segments_; }

  // Everything appended so far counts as flushed; see Store::flush().
  void begin_generation();
  bool flushed(SegmentId id) const { return heap.segment(id).generation != generation_; }
  std::size_t flushed_segments() const { return flushed_segments_; }

  // Now. What is appended later does not lie before the mark.
  LogMark mark();
  // Whether a record was appended, or moved here, before that moment. REQUIRES: it is in a segment
  // that holds items.
  bool is_before(Location location, const LogMark& mark) const;
  // False: no item is flushed. It is one word, because every lookup asks.
  bool hides_items() const { return hiding_ != 0; }
  // Whether an item may be hidden because its prefix was flushed (flushed_prefixes.h).
  void hide_prefixes(bool hide);
  bool hides_prefixes() const { return hides_prefixes_; }

  Heap heap;
  DeadLists dead_lists;
  std::uint64_t clock = 0;  // counts puts; the age of segments
  UnixSeconds now_s = 0;    // of the last operation
  SegmentId evicting = 0;   // the victim: its records die without further bookkeeping
  std::size_t live_bytes = 0;
  std::size_t used_bytes = 0;
  struct BandTotal {
    std::size_t items = 0;
    std::size_t bytes = 0;  // of live records
  };
  BandTotal totals[kBands];

 private:
  bool open_new(Stream stream);
  void count_item(Segment& segment);
  void kill(Location location, std::size_t bytes, bool is_an_item);
  void kill_piece(Location location);
  bool splits(Stream stream, std::size_t bytes, std::size_t fixed);
  Location split_item(Location from, Stream stream);
  Location append_copy(Stream stream, Location owner, Location tail, std::string_view bytes);
  void adopt_pieces(Location owner);
  void set_next(Location tail, Location next);
  void connect(Location tail, Location next);

  SegmentQueue queues_[kBands][2];
  SegmentId open_[kBands][2] = {};
  std::uint32_t generation_ = 0;
  std::size_t flushed_segments_ = 0;
  std::size_t hiding_ = 0;  // flushed_segments_, and 1 for flushed prefixes
  bool hides_prefixes_ = false;
  std::size_t pinned_segments_ = 0;
};

}  // namespace isocache
