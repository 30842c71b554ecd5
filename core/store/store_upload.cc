// Values that arrive in pieces, straight into item memory.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "store/store_impl.h"

namespace isocache {
namespace {

// Unfinished uploads may hold a quarter of the store, so that idle ones cannot empty it; and in any
// case one item of the largest size, with some room for others beside it.
constexpr std::size_t kUploadShare = 4;
constexpr std::size_t kBesideLargestShare = 8;

}  // namespace

std::size_t Store::Impl::upload_allowance() const {
  const std::size_t bytes = log.heap.limit_segments() * limits::kSegmentBytes;
  return std::max(bytes / kUploadShare,
                  std::min(options.max_item_size, bytes / 2) + bytes / kBesideLargestShare);
}

template <typename Visit>
void Store::Impl::for_each_upload_record(const Upload& upload, Visit&& visit) {
  for (Location at = upload.head, next = 0; at != 0; at = next) {
    next = at == upload.head ? log.first_span(at).next : log.piece_span(at).next;
    visit(at);
  }
}

PutStatus Store::begin_upload(const Key& key, std::size_t value_length, UnixSeconds now_s,
                              Upload* upload) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  *upload = {};
  if (!impl.fits(key.bytes.size(), value_length)) return impl.refuse(PutStatus::kTooLarge, key);
  if (impl.upload_bytes + std::min(value_length, limits::kSegmentBytes) > impl.upload_allowance()) {
    return impl.refuse(PutStatus::kNoMemory, key);
  }
  const Slot old = impl.find_slot(key);
  const Stream stream =
      impl.stream_for(key, old ? impl.item_at(old) : Item{}, key.bytes.size(), value_length);
  const Location head = impl.make_room(limits::kSegmentBytes)
                            ? impl.log.append_item(stream, key.bytes.size(), value_length)
                            : 0;
  if (head == 0) return impl.refuse(PutStatus::kNoMemory, key);
  ItemHeader* header = impl.log.item(head);
  std::memcpy(header + 1, key.bytes.data(), key.bytes.size());
  header->bits = static_cast<std::uint8_t>(header->bits | kUnlinked);
  ++impl.log.heap.segment(Heap::segment_of(head)).uploads;
  impl.upload_bytes += impl.log.record_bytes(head);
  *upload = {head, head, 0, value_length, key.hash};
  return PutStatus::kStored;
}

std::span<char> Store::upload_window(const Upload& upload) {
  if (upload.piece == 0 || upload.remaining == 0) return {};
  const Log::Span span = upload.piece == upload.head ? impl_->log.first_span(upload.head)
                                                     : impl_->log.piece_span(upload.piece);
  return {span.data + upload.piece_filled, span.size - upload.piece_filled};
}

void Store::upload_received(Upload& upload, std::size_t bytes) {
  Impl& impl = *impl_;
  assert(bytes <= upload.remaining);
  upload.piece_filled += bytes;
  upload.remaining -= bytes;
  if (upload.remaining == 0 || !upload_window(upload).empty()) return;
  // This piece is full. The next one goes to the stream's end, wherever that is by now.
  const Stream stream = Log::stream_of(impl.log.heap.segment(Heap::segment_of(upload.head)));
  Location next = 0;
  if (impl.upload_bytes + std::min(upload.remaining, limits::kSegmentBytes) <=
          impl.upload_allowance() &&
      impl.make_room(limits::kSegmentBytes)) {
    next = impl.log.extend(stream, upload.piece, upload.remaining, upload.hash);
  }
  upload.piece = next;
  upload.piece_filled = 0;
  if (next == 0) return;
  ++impl.log.heap.segment(Heap::segment_of(next)).uploads;
  impl.upload_bytes += impl.log.record_bytes(next);
}

Store::PieceCursor Store::first_uploaded_piece(const Upload& upload) const {
  const Log::Span span = impl_->log.first_span(upload.head);
  return {{{span.data, span.size}, span.segment}, span.next};
}

void Store::Impl::leave_segment(SegmentId id) {
  Segment& segment = log.heap.segment(id);
  --segment.uploads;
  if (segment.uploads == 0 && segment.live == 0 && !segment.open && id != log.evicting)
    log.retire(id);
}

Item Store::commit_upload(Upload& upload, const Key& key, Item old, const ItemFields& fields,
                          UnixSeconds now_s) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  impl.for_each_upload_record(upload, [&](Location at) {
    impl.upload_bytes -= impl.log.record_bytes(at);
    --impl.log.heap.segment(Heap::segment_of(at)).uploads;
  });
  Location head = upload.head;
  upload = {};
  // A flush while it arrived must not hide it: what counts is when it was stored.
  if (impl.log.flushed(Heap::segment_of(head))) {
    const Stream stream = Log::stream_of(impl.log.heap.segment(Heap::segment_of(head)));
    const Location moved = impl.log.move_item(head, stream, key.hash);
    if (moved != 0) head = moved;
  }
  if (!impl.link(key, {old.bucket_, old.slot_}, head, fields)) {
    impl.refuse(PutStatus::kNoMemory, key);
    return {};
  }
  return impl.item_at(impl.find_slot(key));
}

void Store::abort_upload(Upload& upload) {
  Impl& impl = *impl_;
  // Dead first, then left: a segment is retired once, by whichever comes last.
  impl.for_each_upload_record(upload,
                              [&](Location at) { impl.upload_bytes -= impl.log.record_bytes(at); });
  Location at = upload.head;
  Location next = impl.log.first_span(at).next;
  impl.log.kill_item(upload.head);
  while (at != 0) {
    impl.leave_segment(Heap::segment_of(at));
    at = next;
    next = at == 0 ? 0 : impl.log.piece_span(at).next;
  }
  upload = {};
}

}  // namespace isocache
