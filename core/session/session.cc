#include "session/session.h"

#include <utility>

#include "session/session_impl.h"

namespace isocache {
namespace {

// A slice of a long answer counts as this many requests of a turn.
constexpr std::size_t kRequestsPerSlice = 16;

// The magic of a request of memcached's binary protocol. No text command begins with it.
constexpr char kBinaryMagic = '\x80';

}  // namespace

Session::Session(Backend& backend, const Clock& clock, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(backend, clock, options)) {
  // A server has many idle connections: what one keeps is this and nothing else.
  static_assert(sizeof(Impl) <= 384);
}

Session::~Session() {
  if (impl_->large) impl_->backend.abort_upload(impl_->large->request, impl_->large->upload);
}

void Session::feed(std::string_view bytes) {
  Impl& impl = *impl_;
  if (impl.closing || impl.begins_binary(bytes)) return;
  impl.turn_left = impl.options.requests_per_turn;
  if (impl.input.empty()) {
    impl.in = bytes;
    impl.run();
    if (!impl.closing) impl.input.append(impl.in, impl.awaited);
    impl.in = {};
  } else {
    impl.input.append(bytes, impl.awaited);
    resume();
  }
}

void Session::resume() {
  Impl& impl = *impl_;
  if (impl.closing) return;
  impl.turn_left = impl.options.requests_per_turn;
  impl.in = impl.input.view();
  const std::size_t before = impl.in.size();
  impl.run();
  if (impl.closing) {
    impl.input.clear();
  } else if (before != 0) {
    impl.input.consume(before - impl.in.size());
  }
  impl.in = {};
}

bool Session::wants_turn() const { return impl_->more && !impl_->waiting && !impl_->closing; }
bool Session::waiting() const { return impl_->waiting && !impl_->closing; }
std::size_t Session::upload_remaining() const {
  return impl_->large && impl_->large->begun ? impl_->large->upload.remaining : 0;
}

std::span<char> Session::upload_window() {
  Impl& impl = *impl_;
  const bool receiving = impl.large && impl.large->begun && impl.large->upload.remaining != 0;
  if (!receiving || impl.more || !impl.input.empty()) return {};
  return impl.backend.upload_window(impl.large->request, impl.large->upload);
}

void Session::upload_received(std::size_t bytes) {
  impl_->backend.upload_received(impl_->large->request, impl_->large->upload, bytes);
}

Output& Session::output() { return impl_->out; }
bool Session::closing() const { return impl_->closing; }
AdminResult::Next Session::requested() const { return impl_->requested; }
bool Session::logged_in() const { return impl_->logged_in; }
void Session::log_in() { impl_->logged_in = true; }
bool Session::spoke_binary() const { return impl_->spoke_binary; }
unsigned Session::failed_logins() const { return impl_->failed_logins; }
std::size_t Session::buffered() const { return impl_->input.size(); }
bool Session::in_request() const {
  return !impl_->input.empty() || impl_->large != nullptr || impl_->stream != nullptr;
}

bool Session::midway() const {
  return in_request() || impl_->retrieval.active || impl_->swallow != 0 || impl_->skipping_line;
}

// Such a client waits for an answer that never comes, and its own time limit is long.
bool Session::Impl::begins_binary(std::string_view bytes) {
  if (began || bytes.empty()) return false;
  began = true;
  spoke_binary = bytes.front() == kBinaryMagic;
  closing = spoke_binary;
  return spoke_binary;
}

void Session::Impl::run() {
  more = false;
  bool has_waited = std::exchange(waiting, false);
  while (!closing) {
    if (last_is_done()) {
      closing = true;
      return;
    }
    if (turn_left == 0 || out.full()) {
      more = anything_left();
      return;
    }
    if (!logged_in) {
      --turn_left;
      const Stop stop = read_login();
      if (stop == Stop::kNeedMore) return;
      if (last != Last::kNone) last = Last::kTaken;
      closing = stop == Stop::kClose;
      continue;
    }
    if (stream) {
      turn_left -= std::min(turn_left, kRequestsPerSlice);
      if (!stream->produce(out, host_clock)) stream.reset();
      continue;
    }
    if (large) {
      if (!large->begun) start_upload();
      if (large && large->begun) receive_large();
      if (!large) continue;
      more = waiting;  // else the rest has not come yet
      return;
    }
    Batch batch;
    const std::size_t most = last == Last::kNone ? Batch::kMost : 1;
    const Stop stop = collect(batch, std::min(turn_left, most));
    if (batch.size() != 0) batch.requests()[0].flags.has_waited = std::exchange(has_waited, false);
    if (!execute(batch)) {
      more = true;
      return;
    }
    if (last != Last::kNone && stop != Stop::kNeedMore) last = Last::kTaken;
    switch (stop) {
      case Stop::kFull: break;
      case Stop::kNeedMore: return;
      case Stop::kAdmin:
        administer(*pending);
        turn_left = 0;  // one may walk all segments, or read files
        break;
      case Stop::kLarge: begin_large(); break;
      case Stop::kClose: closing = true; break;
    }
  }
}

// False: not all of it could be executed now. Parsing goes back to the first that was not.
bool Session::Impl::execute(Batch& batch) {
  if (batch.size() == 0) return true;
  const std::size_t done = backend.execute(batch.requests(), host_clock.now_s, out);
  turn_left -= done;
  if (done == batch.size()) return true;
  waiting = !out.full();
  go_back(batch.position(done));
  return false;
}

void Session::Impl::administer(const Request& request) {
  AdminResult result = backend.administer(request, host_clock, out);
  take(pending_line_bytes);
  stream = std::move(result.stream);
  requested = result.next;
  closing = result.next != AdminResult::Next::kContinue;
}

}  // namespace isocache
