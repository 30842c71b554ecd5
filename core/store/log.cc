#include "store/log.h"

#include <algorithm>
#include <cassert>

#include "base/check.h"

namespace isocache {

std::size_t Log::room(Stream stream) const {
  const SegmentId id = open_segment(stream);
  return id == 0 ? 0 : limits::kSegmentBytes - heap.segment(id).used;
}

Location Log::append(Stream stream, std::size_t bytes) {
  assert(bytes == round_to_unit(bytes) && bytes <= limits::kSegmentBytes);
  if (room(stream) < bytes && !open_new(stream)) return 0;
  const SegmentId id = open_segment(stream);
  Segment& segment = heap.segment(id);
  const Location location = Heap::locate(id, segment.used);
  segment.used += static_cast<std::uint32_t>(bytes);
  segment.live += static_cast<std::uint32_t>(bytes);
  used_bytes += bytes;
  live_bytes += bytes;
  totals[stream.band].bytes += bytes;
  return location;
}

bool Log::open_new(Stream stream) {
  const bool main = stream.queue == QueueKind::kMain;
  const SegmentId id = heap.acquire(main ? SegmentUse::kMain : SegmentUse::kSmall);
  if (id == 0) return false;
  close(stream);
  Segment& segment = heap.segment(id);
  segment.band = static_cast<std::uint8_t>(stream.band);
  segment.generation = generation_;
  segment.opened_at = clock;
  segment.opened_s = now_s;
  segment.open = true;
  queue(stream).push(heap, id);
  open_[stream.band][static_cast<unsigned>(stream.queue)] = id;
  return true;
}

void Log::close(Stream stream) {
  SegmentId& open = open_[stream.band][static_cast<unsigned>(stream.queue)];
  if (open == 0) return;
  const SegmentId id = open;
  open = 0;
  heap.segment(id).open = false;
  settle(id);
}

void Log::close_all() {
  for (unsigned band = 0; band < kBands; ++band) {
    close({band, QueueKind::kSmall});
    close({band, QueueKind::kMain});
  }
}

Location Log::append_item(Stream stream, std::size_t key_length, std::size_t value_length) {
  const std::size_t fixed = sizeof(ItemHeader) + key_length;
  const std::size_t whole = round_to_unit(fixed + value_length);
  const std::size_t chain_fixed = fixed + sizeof(ChainHead);
  std::size_t bytes = whole;
  bool chained = false;
  if (whole > room(stream) && whole > kUnsplitBytes) {
    const bool here = room(stream) >= chain_fixed + kMinPieceBytes;
    if (here || whole > limits::kSegmentBytes) {
      chained = true;
      bytes = here ? room(stream) : limits::kSegmentBytes;
    }
  }
  const Location location = append(stream, bytes);
  if (location == 0) return 0;
  ItemHeader* header = item(location);
  header->key_length = static_cast<std::uint8_t>(key_length);
  header->bits = chained ? kChained : 0;
  header->exptime = 0;
  header->value_length = chained ? std::uint16_t{0} : static_cast<std::uint16_t>(value_length);
  if (chained) {
    store_chain(header, {static_cast<std::uint32_t>(value_length),
                         static_cast<std::uint32_t>(bytes - chain_fixed), 0});
  }
  count_item(heap.segment(Heap::segment_of(location)));
  return location;
}

void Log::count_item(Segment& segment) {
  ++segment.items;
  ++totals[segment.band].items;
}

Location Log::extend(Stream stream, Location owner, Location tail, std::size_t remaining) {
  if (room(stream) < sizeof(PieceHeader) + std::min(remaining, kMinPieceBytes) &&
      !open_new(stream)) {
    return 0;
  }
  const std::size_t length = std::min(remaining, room(stream) - sizeof(PieceHeader));
  const Location location = append(stream, piece_record_bytes(length));
  if (location == 0) return 0;
  *piece(location) = {static_cast<std::uint16_t>(length), 0, RecordKind::kPiece, 0, owner, tail, 0};
  set_next(tail, location);
  return location;
}

void Log::set_next(Location tail, Location next) {
  if (!is_item(tail)) {
    piece(tail)->next = next;
    return;
  }
  ChainHead chain = load_chain(item(tail));
  chain.next = next;
  store_chain(item(tail), chain);
}

void Log::connect(Location tail, Location next) {
  set_next(tail, next);
  if (next != 0) piece(next)->previous = tail;
}

Location Log::append_whole_item(Stream stream, std::size_t key_length, std::size_t value_length) {
  const Location head = append_item(stream, key_length, value_length);
  if (head == 0 || (item(head)->bits & kChained) == 0) return head;
  std::size_t remaining = value_length - load_chain(item(head)).first_length;
  for (Location tail = head; remaining > 0;) {
    tail = extend(stream, head, tail, remaining);
    if (tail == 0) {
      kill_item(head);
      return 0;
    }
    remaining -= piece(tail)->length;
  }
  return head;
}

std::size_t Log::record_bytes(Location location) const {
  if (is_item(location)) return item_record_bytes(item(location));
  if (piece(location)->kind == RecordKind::kFiller) {
    return heap.record<FillerHeader>(location)->units * kUnitBytes;
  }
  return piece_record_bytes(piece(location)->length);
}

Log::Span Log::first_span(Location location) const {
  ItemHeader* header = item(location);
  char* value = value_at(header);
  const SegmentId segment = Heap::segment_of(location);
  if ((header->bits & kChained) == 0) return {value, header->value_length, segment, 0};
  const ChainHead chain = load_chain(header);
  return {value + sizeof(ChainHead), chain.first_length, segment, chain.next};
}

Log::Span Log::piece_span(Location location) const {
  PieceHeader* header = piece(location);
  return {reinterpret_cast<char*>(header + 1), header->length, Heap::segment_of(location),
          header->next};
}

void Log::kill(Location location, std::size_t bytes, bool is_an_item) {
  const SegmentId id = Heap::segment_of(location);
  Segment& segment = heap.segment(id);
  segment.live -= static_cast<std::uint32_t>(bytes);
  live_bytes -= bytes;
  totals[segment.band].bytes -= bytes;
  if (is_an_item) {
    --segment.items;
    --totals[segment.band].items;
  }
  if (segment.open || id == evicting) return;
  settle(id);
}

void Log::settle(SegmentId id) {
  const Segment& segment = heap.segment(id);
  if (segment.live == 0 && segment.uploads == 0) {
    retire(id);
  } else {
    dead_lists.update(heap, id);
  }
}

void Log::kill_piece(Location location) {
  piece(location)->kind = RecordKind::kDeadPiece;
  kill(location, record_bytes(location), false);
}

void Log::kill_item(Location location) {
  ItemHeader* header = item(location);
  Location next = (header->bits & kChained) != 0 ? load_chain(header).next : 0;
  header->bits = static_cast<std::uint8_t>(header->bits | kDead);
  kill(location, item_record_bytes(header), true);
  while (next != 0) {
    const Location dying = next;
    next = piece(dying)->next;
    kill_piece(dying);
  }
}

// Whether a record that moves is better split over the end of the open segment. Its first part
// needs `fixed` bytes besides the value's; the rest needs one more segment at most.
bool Log::splits(Stream stream, std::size_t bytes, std::size_t fixed) {
  return bytes > kUnsplitBytes && bytes > room(stream) && room(stream) >= fixed + kMinPieceBytes &&
         heap.secure(1);
}

// Tells an item's pieces where it lies now.
void Log::adopt_pieces(Location owner) {
  for (Location at = first_span(owner).next; at != 0; at = piece(at)->next) {
    piece(at)->owner = owner;
  }
}

Location Log::move_item(Location from, Stream stream) {
  const std::size_t bytes = record_bytes(from);
  Location to = 0;
  if (splits(stream, bytes, sizeof(ItemHeader) + item(from)->key_length + sizeof(ChainHead))) {
    to = split_item(from, stream);
  } else {
    to = append(stream, bytes);
    if (to == 0) return 0;
    std::memcpy(heap.at(to), heap.at(from), bytes);
    if ((item(to)->bits & kChained) != 0) connect(to, load_chain(item(to)).next);
  }
  if ((item(to)->bits & kChained) != 0) adopt_pieces(to);
  Segment& segment = heap.segment(Heap::segment_of(to));
  count_item(segment);
  segment.note_exptime(item(to)->exptime);
  item(from)->bits = static_cast<std::uint8_t>(item(from)->bits | kDead);
  kill(from, bytes, true);
  return to;
}

Location Log::split_item(Location from, Stream stream) {
  const ItemHeader* old = item(from);
  const Span span = first_span(from);
  const std::size_t fixed = sizeof(ItemHeader) + old->key_length;
  const std::size_t total =
      (old->bits & kChained) != 0 ? load_chain(old).total_length : old->value_length;
  const std::size_t here = room(stream);
  const std::size_t first = here - fixed - sizeof(ChainHead);
  const Location to = append(stream, here);
  ItemHeader* header = item(to);
  std::memcpy(header, old, fixed);
  header->bits = static_cast<std::uint8_t>(header->bits | kChained);
  header->value_length = 0;
  store_chain(header, {static_cast<std::uint32_t>(total), static_cast<std::uint32_t>(first), 0});
  std::memcpy(value_at(header) + sizeof(ChainHead), span.data, first);
  const Location last = append_copy(stream, to, to, {span.data + first, span.size - first});
  connect(last, span.next);
  return to;
}

// Appends further bytes of a chained value behind `tail`, as pieces. Returns the last one.
// REQUIRES: the heap has secured the segments.
Location Log::append_copy(Stream stream, Location owner, Location tail, std::string_view bytes) {
  while (!bytes.empty()) {
    tail = extend(stream, owner, tail, bytes.size());
    check(tail != 0);
    const Span span = piece_span(tail);
    std::memcpy(span.data, bytes.data(), span.size);
    bytes.remove_prefix(span.size);
  }
  return tail;
}

Location Log::move_piece(Location from, Stream stream) {
  const PieceHeader old = *piece(from);
  const std::size_t bytes = record_bytes(from);
  Location last = 0;
  if (splits(stream, bytes, sizeof(PieceHeader))) {
    const Span span = piece_span(from);
    last = append_copy(stream, old.owner, old.previous, {span.data, span.size});
  } else {
    last = append(stream, bytes);
    if (last == 0) return 0;
    std::memcpy(heap.at(last), heap.at(from), bytes);
    set_next(old.previous, last);
  }
  connect(last, old.next);
  kill_piece(from);
  return last;
}

void Log::fill(Location location, std::size_t bytes) {
  *heap.record<FillerHeader>(location) = {static_cast<std::uint16_t>(bytes / kUnitBytes), 0,
                                          RecordKind::kFiller, 0};
  kill(location, bytes, false);
}

void Log::retire(SegmentId id) {
  Segment& segment = heap.segment(id);
  check(!segment.open && segment.live == 0 && segment.uploads == 0);
  dead_lists.remove(heap, id);
  queue(stream_of(segment)).remove(heap, id);
  used_bytes -= segment.used;
  if (flushed(id)) {
    --flushed_segments_;
    --hiding_;
  }
  segment.use = SegmentUse::kZombie;
  if (segment.pins == 0) heap.release(id);
}

void Log::pin(SegmentId id) {
  if (heap.segment(id).pins++ != 0) return;
  ++pinned_segments_;
  dead_lists.remove(heap, id);
}

void Log::unpin(SegmentId id) {
  Segment& segment = heap.segment(id);
  check(segment.pins > 0);
  if (--segment.pins > 0) return;
  --pinned_segments_;
  if (segment.use == SegmentUse::kZombie) {
    heap.release(id);
  } else if (!segment.open && id != evicting) {
    dead_lists.update(heap, id);
  }
}

void Log::hold_for_upload(SegmentId id) {
  ++heap.segment(id).uploads;
  dead_lists.remove(heap, id);
}

// A segment whose records are all dead is freed by this.
void Log::let_go_of_upload(SegmentId id) {
  Segment& segment = heap.segment(id);
  check(segment.uploads > 0);
  --segment.uploads;
  if (!segment.open && id != evicting) settle(id);
}

void Log::begin_generation() {
  close_all();
  ++generation_;
  flushed_segments_ = 0;
  for (const auto& band : queues_) {
    for (const SegmentQueue& each : band) flushed_segments_ += each.size();
  }
  hiding_ = flushed_segments_ + (hides_prefixes_ ? 1 : 0);
}

void Log::hide_prefixes(bool hide) {
  hides_prefixes_ = hide;
  hiding_ = flushed_segments_ + (hide ? 1 : 0);
}

LogMark Log::mark() {
  LogMark mark;
  mark.clock = ++clock;
  for (unsigned band = 0; band < kBands; ++band) {
    for (unsigned queue = 0; queue < 2; ++queue) {
      const SegmentId id = mark.open[band][queue] = open_[band][queue];
      if (id != 0) {
        mark.used[band][queue] = static_cast<std::uint16_t>(heap.segment(id).used / kUnitBytes);
      }
    }
  }
  return mark;
}

bool Log::is_before(Location location, const LogMark& mark) const {
  const SegmentId id = Heap::segment_of(location);
  const Segment& segment = heap.segment(id);
  if (segment.opened_at >= mark.clock) return false;
  const Stream stream = stream_of(segment);
  const auto queue = static_cast<unsigned>(stream.queue);
  return mark.open[stream.band][queue] != id ||
         Heap::offset_of(location) < mark.used[stream.band][queue] * kUnitBytes;
}

}  // namespace isocache
