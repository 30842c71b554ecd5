// The end of a session whose host ends: one last request, and no other.
#include "session/session_impl.h"

namespace isocache {

void Session::end_after_request() {
  Impl& impl = *impl_;
  if (impl.closing || impl.last != Impl::Last::kNone) return;
  impl.last = impl.executing() ? Impl::Last::kTaken : Impl::Last::kAwaited;
  if (impl.more && !impl.executing()) {  // what waits is whole, and nobody was told of it
    impl.closing = true;
    impl.input.clear();
  }
}

// Some of a request's reply is out, or some of its value is in the store.
bool Session::Impl::executing() const {
  return stream != nullptr || retrieval.active || large != nullptr;
}

bool Session::Impl::last_is_done() const { return last == Last::kTaken && !executing(); }

}  // namespace isocache
