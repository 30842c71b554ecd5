// The end of a session whose host ends: it finishes one last request.
#include "session/session_impl.h"

namespace isocache {

void Session::end_after_request() {
  Impl& impl = *impl_;
  if (impl.ended || impl.last != Impl::Last::kNone) return;
  const bool idle = impl.watches || impl.stream_next == ReplyStream::Next::kIdle;
  if (impl.executing() && !idle) {
    impl.last = Impl::Last::kTaken;
    return;
  }
  impl.last = Impl::Last::kAwaited;
  // Complete requests that wait are dropped, because the client has had no reply to them. A late
  // request has begun, so it is the last. An idle stream may have no end of its own.
  if (impl.wait != Impl::Wait::kNone || impl.late || impl.stream) {
    impl.ended = true;
    impl.stream.reset();
    impl.kept.clear();
    impl.note_late();
  }
}

// True if part of a reply is sent, or part of a value is in the store.
bool Session::Impl::executing() const {
  return stream != nullptr || retrieval.active || large != nullptr;
}

bool Session::Impl::last_is_done() const { return last == Last::kTaken && !executing(); }

}  // namespace isocache
