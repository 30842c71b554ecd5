// What a thread with connections reports to the server.
#pragma once

#include "command/backend.h"
#include "watch/event.h"

namespace isocache {

// Called on that thread.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void on_connection_closed() = 0;
  // A client came, or is about to go; its socket is still open. For watchers.
  virtual void on_client(int /*fd*/) {}
  virtual void on_client_ends(int /*fd*/, EventClose /*why*/) {}
  virtual void on_stop_requested() = 0;
};

// Both forms of `shutdown` end gracefully here.
inline bool asks_for_end(AdminResult::Next asked) {
  return asked == AdminResult::Next::kShutdown || asked == AdminResult::Next::kShutdownGraceful;
}

}  // namespace isocache
