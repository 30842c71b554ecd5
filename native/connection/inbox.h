// Requests of other threads to a thread with connections: they leave a note and wake the thread.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "command/late.h"
#include "native/base/file_descriptor.h"
#include "native/connection/connection_table.h"
#include "session/protocols.h"

namespace isocache {

// An accepted socket.
struct Newcomer {
  FileDescriptor socket;         // non-blocking
  std::shared_ptr<SSL_CTX> tls;  // what it speaks; null: plain
  Protocols protocols = Protocols::kAny;
  bool crowded = false;  // one more connection than -c allows
};

// A backend woke a session: see LateWaker.
struct LateNote {
  ConnectionId connection;
  LateToken token = kNotLate;
};

struct Notes {
  std::vector<Newcomer> newcomers;
  std::vector<LateNote> woken;
  bool step_now = false;  // there is background work
  // Answer the requests that have begun and no others, and close the remaining connections after
  // this time.
  std::optional<std::int64_t> end_grace_ms;
};

class Inbox {
 public:
  // `wake` makes the thread take() its notes soon. Any thread calls it, under the inbox's lock.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  // change(Notes&) writes the note under the inbox's lock. Its exceptions are passed on. Any
  // thread.
  template <typename Change>
  void leave_note(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(notes_);
    if (woken_) return;  // by a note that was not taken yet
    wake_();
    woken_ = true;
  }
  // Returns all notes since the last call.
  Notes take() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    return std::exchange(notes_, {});
  }

 private:
  const std::function<void()> wake_;
  std::mutex mutex_;
  Notes notes_;
  bool woken_ = false;
};

}  // namespace isocache
