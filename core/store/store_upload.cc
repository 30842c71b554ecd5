// Values that arrive in pieces, straight into item memory.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/check.h"
#include "store/store_impl.h"

namespace isocache {
namespace {

// Unfinished uploads may grow to a quarter of the store, so that idle ones cannot empty it. In any
// case they may grow to one item of the largest size, with some room for others beside it.
constexpr std::size_t kUploadShare = 4;
constexpr std::size_t kBesideLargestShare = 8;

}  // namespace

std::size_t Store::Impl::upload_allowance() const {
  const std::size_t bytes = log.heap.limit_segments() * limits::kSegmentBytes;
  return std::max(bytes / kUploadShare,
                  std::min(options.max_item_size, bytes / 2) + bytes / kBesideLargestShare);
}

// --- the line ------------------------------------------------------------------------------

// First come, first served, so that small values do not pass a large one for ever.
bool Store::Impl::may_begin_upload(const Upload& upload, std::size_t bytes) const {
  if (!upload_line.empty() && upload_line.front() != upload.ticket) return false;
  return upload_bytes == 0 || upload_bytes + bytes <= upload_allowance();
}

PutStatus Store::Impl::wait_in_line(Upload& upload) {
  if (upload.ticket == 0) {
    upload_line.push_back(last_ticket + 1);
    upload.ticket = ++last_ticket;
  }
  return PutStatus::kWait;
}

void Store::Impl::leave_line(Upload& upload) {
  if (upload.ticket != 0) std::erase(upload_line, upload.ticket);
  upload.ticket = 0;
}

bool Store::upload_may_wait(const Upload& upload) const {
  const Impl& impl = *impl_;
  return impl.options.uploads_wait && impl.options.evict &&
         (impl.upload_bytes > upload.reserved || impl.log.pinned_segments() != 0);
}

// --- an upload -----------------------------------------------------------------------------

// While the records of an item that is not in the index are held, eviction leaves them alone.
void Store::Impl::hold(Location head) {
  for (Location at = head; at != 0; at = log.next_of(at, head)) {
    log.hold_for_upload(Heap::segment_of(at));
  }
}

void Store::Impl::let_go(Location head) {
  for (Location at = head, next = 0; at != 0; at = next) {
    next = log.next_of(at, head);
    log.let_go_of_upload(Heap::segment_of(at));
  }
}

PutStatus Store::begin_upload(const Key& key, std::size_t value_length, UnixSeconds now_s,
                              Upload* upload, const Standing* standing) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  if (!impl.fits(key.bytes.size(), value_length)) {
    impl.leave_line(*upload);
    return impl.refuse_too_large();
  }
  const std::size_t reserved =
      round_to_unit(sizeof(ItemHeader) + key.bytes.size() + value_length) + limits::kSegmentBytes;
  if (!impl.may_begin_upload(*upload, reserved)) {
    if (impl.options.uploads_wait) return impl.wait_in_line(*upload);
    return impl.refuse_for_memory(band_of(key.bytes.size(), value_length));
  }
  Stream stream;
  if (standing != nullptr) {
    stream = {band_of(key.bytes.size(), value_length), queue_of(*standing)};
  } else {
    const Slot old = impl.find_slot(key);
    stream = impl.stream_for(key, old ? impl.item_at(old) : Item{}, key.bytes.size(), value_length);
  }
  const Location head = impl.append_with_room(limits::kSegmentBytes, [&] {
    return impl.log.append_item(stream, key.bytes.size(), value_length);
  });
  if (head == 0) {
    if (upload_may_wait({})) return impl.wait_in_line(*upload);
    impl.leave_line(*upload);
    return impl.refuse_for_memory(stream.band);
  }
  impl.leave_line(*upload);
  ItemHeader* header = impl.log.item(head);
  std::memcpy(key_at(header), key.bytes.data(), key.bytes.size());
  header->bits = static_cast<std::uint8_t>(header->bits | kUnlinked);
  impl.log.hold_for_upload(Heap::segment_of(head));
  impl.upload_bytes += reserved;
  *upload = {head, head, 0, value_length, reserved, 0};
  return PutStatus::kStored;
}

std::span<char> Store::upload_window(Upload& upload) {
  Impl& impl = *impl_;
  if (!upload || upload.remaining == 0) return {};
  const auto window = [&]() -> std::span<char> {
    const Log::Span span = upload.piece == upload.head ? impl.log.first_span(upload.head)
                                                       : impl.log.piece_span(upload.piece);
    return {span.data + upload.piece_filled, span.size - upload.piece_filled};
  };
  const std::span<char> rest = window();
  if (!rest.empty()) return rest;
  return impl.extend_upload(upload) ? window() : std::span<char>();
}

// The piece is full. The next one goes to the stream's end, wherever that is by now.
bool Store::Impl::extend_upload(Upload& upload) {
  const Stream stream = Log::stream_of(log.heap.segment(Heap::segment_of(upload.head)));
  const Location next = append_with_room(limits::kSegmentBytes, [&] {
    return log.extend(stream, upload.head, upload.piece, upload.remaining);
  });
  if (next == 0) return false;
  log.hold_for_upload(Heap::segment_of(next));
  upload.piece = next;
  upload.piece_filled = 0;
  return true;
}

void Store::upload_received(Upload& upload, std::size_t bytes) {
  check(bytes <= upload.remaining);
  upload.piece_filled += bytes;
  upload.remaining -= bytes;
}

Item Store::commit_upload(Upload& upload, const Key& key, Item old, const ItemFields& fields,
                          UnixSeconds now_s) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  Slot old_slot{old.bucket_, old.slot_};
  // A flush while the value arrived must not hide it: what counts is when it is stored.
  const unsigned band = impl.log.heap.segment(Heap::segment_of(upload.head)).band;
  if (impl.log.hides_items() && impl.evictor.is_flushed(upload.head)) {
    const bool moved = impl.move_upload_head(upload);
    if (old) old_slot = impl.find_slot(key);  // `old` may have moved as well, or be gone
    if (!moved) {
      abort_upload(upload);
      impl.refuse_for_memory(band);
      return {};
    }
  }
  const Location head = upload.head;
  impl.upload_bytes -= upload.reserved;
  upload = {};
  const bool linked = impl.link(key, old_slot, head, fields);
  impl.let_go(head);
  if (!linked) {
    impl.refuse_for_memory(band);
    return {};
  }
  return impl.item_at(impl.find_slot(key));
}

// An item is as old as its head, so the pieces may stay where they are.
bool Store::Impl::move_upload_head(Upload& upload) {
  const Stream stream = Log::stream_of(log.heap.segment(Heap::segment_of(upload.head)));
  const Location moved = append_with_room(limits::kSegmentBytes, [&] {
    let_go(upload.head);
    const Location to = log.move_item(upload.head, stream);
    if (to != 0) upload.head = to;
    hold(upload.head);
    return to;
  });
  return moved != 0;
}

void Store::abort_upload(Upload& upload) {
  Impl& impl = *impl_;
  impl.leave_line(upload);
  if (!upload) return;
  impl.upload_bytes -= upload.reserved;
  impl.log.kill_item(upload.head);
  impl.let_go(upload.head);
  upload = {};
}

}  // namespace isocache
