// The end of a session whose host ends: one last request, and no other.
#include "session/session_impl.h"

namespace isocache {

void Session::end_after_request() {
  Impl& impl = *impl_;
  if (impl.ended || impl.last != Impl::Last::kNone) return;
  if (impl.executing() && !impl.stream_idle) {
    impl.last = Impl::Last::kTaken;
    return;
  }
  impl.last = Impl::Last::kAwaited;
  // Whole requests that wait are dropped: nobody was told of them. A late one has begun, and is the
  // last. An idle stream may have no end of its own.
  if (impl.wait != Impl::Wait::kNone || impl.late || impl.stream) {
    impl.ended = true;
    impl.stream.reset();
    impl.kept.clear();
    impl.note_late();
  }
}

// Some of a request's reply is out, or some of its value is in the store.
bool Session::Impl::executing() const {
  return stream != nullptr || retrieval.active || large != nullptr;
}

bool Session::Impl::last_is_done() const { return last == Last::kTaken && !executing(); }

}  // namespace isocache
