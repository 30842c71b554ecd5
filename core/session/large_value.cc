// Values that go straight from the transport into item memory.

#include <algorithm>
#include <cstring>

#include "command/wording/wording.h"
#include "protocol/replies.h"
#include "session/session_impl.h"

namespace isocache {

// The command stays in a copy of its own, because the input moves on under it.
void Session::Impl::begin_large() {
  large = std::make_unique<IncomingValue>();
  large->line.assign(in.substr(0, pending_line_bytes));
  std::string_view line = large->line;
  line.remove_suffix(line.size() >= 2 && line[line.size() - 2] == '\r' ? 2 : 1);
  Request& request = large->request;
  parse(line, large->key_buffer, request);
  request.key.hash = backend.hash(request.key.bytes);
  take(pending_line_bytes);
}

// Again and again, while it has to wait.
void Session::Impl::start_upload() {
  Request& request = large->request;
  const PutStatus status = backend.begin_upload(request, host_clock.now_s, &large->upload);
  waiting = status == PutStatus::kWait;
  if (waiting) {
    // A client that does not take its replies must not stand in line before others.
    if (!out.empty()) backend.abort_upload(request, large->upload);
    return;
  }
  if (status != PutStatus::kStored) {
    swallow = std::uint64_t{request.store.value_length} + 2;
    refuse_large(status);
    return;
  }
  large->begun = true;
}

void Session::Impl::reply_to_large(std::string_view text) {
  const Request& request = large->request;
  const bool quiet = request.style == ReplyStyle::kText && request.flags.quiet;
  if (!quiet) out.append(text);
  large.reset();
}

void Session::Impl::refuse_large(PutStatus status) {
  const bool too_large = status == PutStatus::kTooLarge;
  word(StoreOutcome{too_large ? StoreStatus::kTooLarge : StoreStatus::kNoMemory}, large->request,
       out);
  large.reset();
}

void Session::Impl::receive_large() {
  Upload& upload = large->upload;
  while (upload.remaining != 0 && !in.empty()) {
    const std::span<char> window = backend.upload_window(large->request, upload);
    if (window.empty()) {  // memory ran out on the way
      waiting = backend.upload_may_wait(large->request, upload, host_clock.now_s);
      if (waiting) return;
      swallow = std::uint64_t{upload.remaining} + 2;
      backend.refuse_upload(large->request, upload);
      refuse_large(PutStatus::kNoMemory);
      return;
    }
    const std::size_t bytes = std::min(window.size(), in.size());
    std::memcpy(window.data(), in.data(), bytes);
    backend.upload_received(large->request, upload, bytes);
    take(bytes);
  }
  if (upload.remaining != 0) return;
  for (; large->line_end_bytes < 2 && !in.empty(); ++large->line_end_bytes) {
    if (in.front() != "\r\n"[large->line_end_bytes]) large->line_end_good = false;
    take(1);
  }
  if (large->line_end_bytes == 2) finish_large();
}

void Session::Impl::finish_large() {
  Request& request = large->request;
  if (!large->line_end_good) {
    backend.abort_upload(request, large->upload);
    reply_to_large(reply::kBadDataChunk);
    return;
  }
  backend.finish_upload(request, large->upload, host_clock.now_s, out);
  large.reset();
  turn_left -= std::min<std::size_t>(turn_left, 1);
}

}  // namespace isocache
