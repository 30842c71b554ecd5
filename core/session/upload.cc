// Values that go straight from the transport into item memory.

#include <algorithm>
#include <cstring>

#include "command/wording/wording.h"
#include "protocol/replies.h"
#include "session/session_impl.h"

namespace isocache {

// The command is kept in a copy of its own, because the input moves on.
void Session::Impl::begin_large() {
  large = std::make_unique<IncomingValue>();
  Request& request = large->request;
  const std::string_view sent = framer.text.substr(0, pending.line_bytes);
  if (speaks_binary()) {
    large->line.assign(sent);
    parse_frame(large->line, request);
  } else {
    large->line.assign(without_line_end(sent.substr(0, sent.size() - 1)));
    parse(large->line, large->key_buffer, request);
  }
  request.key.hash = backend.hash(request.key.bytes);
  framer.take(pending.line_bytes);
}

// One of many calls: begins the upload, continues it, or ends it.
Session::Impl::Received Session::Impl::run_upload() {
  if (!large->begun) {
    const Received begun = start_upload();
    if (begun != Received::kPart) return begun;
  }
  return receive_large();
}

// Called again and again while it has to wait.
Session::Impl::Received Session::Impl::start_upload() {
  Request& request = large->request;
  const PutStatus status = backend.begin_upload(request, host_clock.now_s, &large->upload);
  if (status == PutStatus::kWait) {
    // A client that does not take its replies must not stand in line before others.
    if (!out.empty()) backend.abort_upload(request, large->upload);
    return Received::kWaits;
  }
  if (status != PutStatus::kStored) {
    framer.swallow(std::uint64_t{request.store.value_length} + value_end_bytes());
    refuse_large(status);
    return Received::kAll;
  }
  large->begun = true;
  return Received::kPart;
}

void Session::Impl::refuse_large(PutStatus status) {
  const bool too_large = status == PutStatus::kTooLarge;
  word(StoreOutcome{too_large ? StoreStatus::kTooLarge : StoreStatus::kNoMemory}, large->request,
       out);
  large.reset();
}

Session::Impl::Received Session::Impl::receive_large() {
  Upload& upload = large->upload;
  while (upload.remaining != 0 && !framer.text.empty()) {
    const std::span<char> window = backend.upload_window(large->request, upload);
    if (window.empty()) {  // memory ran out on the way
      if (backend.upload_may_wait(large->request, upload, host_clock.now_s)) {
        return Received::kWaits;
      }
      framer.swallow(std::uint64_t{upload.remaining} + value_end_bytes());
      backend.refuse_upload(large->request, upload);
      refuse_large(PutStatus::kNoMemory);
      return Received::kAll;
    }
    const std::size_t bytes = std::min(window.size(), framer.text.size());
    std::memcpy(window.data(), framer.text.data(), bytes);
    backend.upload_received(large->request, upload, bytes);
    framer.take(bytes);
  }
  if (upload.remaining != 0) return Received::kPart;
  const std::size_t end_bytes = value_end_bytes();
  for (; large->line_end_bytes < end_bytes && !framer.text.empty(); ++large->line_end_bytes) {
    if (framer.text.front() != "\r\n"[large->line_end_bytes]) large->line_end_good = false;
    framer.take(1);
  }
  if (large->line_end_bytes < end_bytes) return Received::kPart;
  finish_large();
  return Received::kAll;
}

void Session::Impl::finish_large() {
  Request& request = large->request;
  if (!large->line_end_good) {
    backend.abort_upload(request, large->upload);
    const bool quiet = request.style == ReplyStyle::kText && request.flags.quiet;
    if (!quiet) out.append(reply::kBadDataChunk);
    large.reset();
    return;
  }
  // While it is `large`, it is aborted with the session: memory may run out in here.
  const LateToken token =
      backend.finish_upload(request, large->upload, host_clock.now_s, out, waker);
  turn_left -= std::min<std::size_t>(turn_left, 1);
  if (token != kNotLate) suspend(request, token, std::move(large));
  large.reset();
}

}  // namespace isocache
