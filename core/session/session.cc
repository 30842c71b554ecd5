#include "session/session.h"

#include <algorithm>
#include <utility>

#include "protocol/binary/frame.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

// A slice of a long answer counts as this many requests of a turn.
constexpr std::size_t kRequestsPerSlice = 16;

}  // namespace

Session::Session(Backend& backend, const Clock& clock, const SessionOptions& options, Waker* waker)
    : impl_(std::make_unique<Impl>(backend, clock, options, waker)) {
  // A server has many idle connections. An idle session holds this and nothing else.
  static_assert(sizeof(Impl) <= 384);
}

Session::~Session() = default;

Session::Impl::~Impl() {
  if (large) backend.abort_upload(large->request, large->upload);
  if (!late) return;
  late->for_each([this](LateReply& hole) {
    if (hole.token != kNotLate) backend.abandon(hole.token, hole.request, hole.upload());
    backend.release(hole.reply);
    backend.release(hole.behind);
  });
}

void Session::feed(std::string_view bytes) {
  Impl& impl = *impl_;
  if (impl.ended || !impl.begins(bytes)) return;
  impl.turn_left = impl.options.requests_per_turn;
  if (impl.kept.empty()) {
    impl.framer.text = bytes;
    impl.run();
    if (!impl.ended) impl.kept.append(impl.framer.text, impl.framer.awaited());
    impl.framer.text = {};
  } else {
    impl.kept.append(bytes, impl.framer.awaited());
    resume();
  }
}

void Session::resume() {
  Impl& impl = *impl_;
  if (impl.late) impl.retry_late();
  if (impl.ended) return impl.note_late();
  impl.turn_left = impl.options.requests_per_turn;
  impl.framer.text = impl.kept.view();
  const std::size_t before = impl.framer.text.size();
  impl.run();
  if (impl.ended) {
    impl.kept.clear();
  } else if (before != 0) {
    impl.kept.consume(before - impl.framer.text.size());
  }
  impl.framer.text = {};
}

void Session::resume(LateToken token) {
  Impl& impl = *impl_;
  if (token == kStreamToken) {
    impl.stream_next = ReplyStream::Next::kMore;
  } else {
    impl.finish_late(token);
  }
  resume();
}

std::size_t Session::give_up_late(UnixSeconds limit_s) {
  const std::size_t given_up = impl_->give_up_late(limit_s);
  resume();
  return given_up;
}

void Session::put_off_late(UnixSeconds limit_s) { impl_->put_off_late(limit_s); }

bool Session::wants_turn() const { return impl_->wait == Impl::Wait::kTurn && !closing(); }
bool Session::waiting() const { return impl_->wait == Impl::Wait::kMemory && !closing(); }
std::size_t Session::late() const { return impl_->late ? impl_->late->size() : 0; }
std::optional<UnixSeconds> Session::late_since_s() const {
  return impl_->late ? impl_->late->since_s() : std::nullopt;
}
bool Session::late_pins() const { return impl_->late && impl_->late->has_pins(); }
bool Session::owes_reply() const { return impl_->late || impl_->stream; }
bool Session::takes_input() const {
  const Impl& impl = *impl_;
  if (impl.ended || impl.wait == Impl::Wait::kTurn || impl.wait == Impl::Wait::kMemory)
    return false;
  return impl.wait != Impl::Wait::kLate || impl.kept.size() < limits::kInputBytesWhileLate;
}

std::size_t Session::upload_remaining() const {
  return impl_->large && impl_->large->begun ? impl_->large->upload.remaining : 0;
}

std::span<char> Session::upload_window() {
  Impl& impl = *impl_;
  const bool receiving = impl.large && impl.large->begun && impl.large->upload.remaining != 0;
  if (!receiving || impl.wait != Impl::Wait::kNone || !impl.kept.empty()) return {};
  return impl.backend.upload_window(impl.large->request, impl.large->upload);
}

void Session::upload_received(std::size_t bytes) {
  Impl& impl = *impl_;
  impl.backend.upload_received(impl.large->request, impl.large->upload, bytes);
  const bool complete = impl.large->upload.remaining == 0 && impl.value_end_bytes() == 0;
  if (complete) impl.wait = Impl::Wait::kTurn;  // no byte has to follow
}

Output& Session::output() { return impl_->out; }
bool Session::closing() const { return impl_->ended && impl_->late == nullptr; }
AdminResult::Next Session::requested() const { return impl_->requested; }
bool Session::logged_in() const { return impl_->logged_in; }
void Session::log_in() { impl_->logged_in = true; }
bool Session::spoke_other_protocol() const { return impl_->spoke_other_protocol; }
bool Session::speaks_binary(std::string_view next) const {
  return impl_->speaks_binary() ||
         (impl_->protocol == Impl::Protocol::kUnknown && binary::begins_frame(next));
}
unsigned Session::failed_logins() const { return impl_->failed_logins; }
std::size_t Session::buffered() const { return impl_->kept.size(); }
bool Session::in_request() const {
  return !impl_->kept.empty() || impl_->large || impl_->stream || impl_->late;
}

bool Session::watches() const { return impl_->watches; }
bool Session::in_value() const {
  const Framer& framer = impl_->framer;
  return impl_->large || framer.awaited() != 0 || framer.is_skipping();
}

bool Session::midway() const {
  return in_request() || impl_->retrieval.active || impl_->framer.is_skipping();
}

// False: the client speaks a protocol that is not spoken here. It would wait for an answer that
// never comes.
bool Session::Impl::begins(std::string_view bytes) {
  if (protocol != Protocol::kUnknown || bytes.empty()) return true;
  const bool binary = binary::begins_frame(bytes);
  protocol = binary ? Protocol::kBinary : Protocol::kText;
  const bool spoken = binary ? binary_is_spoken() && options.protocols != Protocols::kText
                             : options.protocols != Protocols::kBinary;
  spoke_other_protocol = ended = !spoken;
  return spoken;
}

void Session::Impl::run() {
  has_waited = wait == Wait::kMemory;
  wait = Wait::kNone;
  Go go = Go::kOn;
  while (!ended && go == Go::kOn) {
    if (last_is_done()) {
      ended = true;
    } else if (late && late->blocks()) {
      go = stop(Wait::kLate);
    } else if (turn_left == 0 || is_full()) {
      const Wait why = is_full() ? wait_for_room() : Wait::kTurn;
      go = stop(why == Wait::kLate || anything_left() ? why : Wait::kNone);
    } else if (!logged_in && !speaks_binary()) {
      go = run_login();
    } else if (stream) {
      go = run_stream();
    } else if (large) {
      go = run_large();
    } else {
      go = run_batch();
    }
  }
  if (late) note_late();
}

// A late reply that only wants memory, or room, is tried again as a request that does.
void Session::Impl::note_late() {
  if (ended) wait = Wait::kNone;
  if (!late) return;
  if (late->waits_for_room()) {
    wait = Wait::kTurn;
  } else if (wait != Wait::kTurn && late->find_waiting() != nullptr) {
    wait = Wait::kMemory;
  }
}

Session::Impl::Go Session::Impl::stop(Wait why) {
  wait = why;
  return Go::kStop;
}

Session::Impl::Go Session::Impl::run_login() {
  --turn_left;
  const Step step = read_login();
  if (step == Step::kNeedMore) return Go::kStop;
  if (last != Last::kNone) last = Last::kTaken;
  ended = step == Step::kClose;
  return Go::kOn;
}

void Session::Impl::drop_watcher_input() {
  ended = watcher_input.drop(framer.text);
  framer.take(framer.text.size());
  if (ended) stream.reset();
}

Session::Impl::Go Session::Impl::run_stream() {
  if (watchers_exist() && watches) {
    drop_watcher_input();
    if (ended) return Go::kOn;
  }
  if (stream_next != ReplyStream::Next::kMore) return stop(Wait::kLate);
  turn_left -= std::min(turn_left, kRequestsPerSlice);
  stream_next = stream->produce(out, host_clock);
  if (stream_next == ReplyStream::Next::kEnd) stream.reset();
  return Go::kOn;
}

Session::Impl::Go Session::Impl::run_large() {
  if (late) return stop(Wait::kLate);
  switch (run_upload()) {
    case Received::kPart: return Go::kStop;
    case Received::kWaits: return stop(Wait::kMemory);
    case Received::kAll: break;
  }
  return Go::kOn;
}

Session::Impl::Go Session::Impl::run_batch() {
  Batch batch;
  const std::size_t most = last == Last::kNone ? Batch::kMost : 1;
  const Stop why = collect(batch, std::min(turn_left, most));
  if (batch.size() != 0) {
    batch.requests()[0].flags.has_waited = std::exchange(has_waited, false);
    if (!execute(batch)) return Go::kStop;
  }
  if ((why == Stop::kAdmin || why == Stop::kLogin) && late) return stop(Wait::kLate);
  if (last != Last::kNone && why != Stop::kNeedMore) last = Last::kTaken;
  switch (why) {
    case Stop::kBatchFull: break;
    case Stop::kNeedMore: return Go::kStop;
    case Stop::kAdmin: return run_admin();
    case Stop::kLogin: return run_login_frame();
    case Stop::kLarge: begin_large(); break;
    case Stop::kClose: ended = true; break;
  }
  return Go::kOn;
}

Session::Impl::Go Session::Impl::run_admin() {
  AdminResult result = backend.administer(*pending.request, host_clock, out, waker);
  framer.take(pending.line_bytes);
  stream = std::move(result.stream);
  stream_next = ReplyStream::Next::kMore;
  watches = result.watches;
  requested = result.next;
  ended = result.next != AdminResult::Next::kContinue;
  turn_left = 0;  // the command may have walked all segments, or read files
  return Go::kOn;
}

}  // namespace isocache
