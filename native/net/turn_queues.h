// Connections of a worker that wait for a turn: those with more to do, and those in a TLS
// handshake.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "native/net/connection.h"

namespace isocache {

class TurnQueues {
 public:
  bool empty() const { return turns_.empty() && handshakes_.empty(); }
  // REQUIRES: it is in no queue.
  void add(Connection& connection) {
    if (connection.handshaking()) {
      handshakes_.push_back(&connection);
    } else {
      turns_.push_back(&connection);
    }
    connection.queued = true;
  }
  // Forgets a connection that is about to go.
  void remove(Connection& connection) {
    if (!connection.queued) return;
    std::ranges::replace(turns_, &connection, nullptr);
    std::ranges::replace(handshakes_, &connection, nullptr);
  }
  // Calls serve(Connection&) once for each connection that waits now. A connection that wants
  // another turn waits until the next events were handled.
  template <typename Serve>
  void run_turns(Serve&& serve) {
    const std::size_t waiting = turns_.size();
    for (std::size_t i = 0; i < waiting; ++i) {
      if (turns_[i] != nullptr) take(*turns_[i], serve);
    }
    turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(waiting));
  }
  // A whole step of a handshake takes as long as a thousand requests (tls/README.md). So a round
  // has only one such step: however many clients arrive at once, the other clients wait for one
  // step at most. A step that makes no progress is short (a client may send byte by byte), and a
  // round has many of them.
  template <typename Serve>
  void run_handshakes(Serve&& serve) {
    if (handshakes_.empty()) return;
    const auto end = std::chrono::steady_clock::now() + kHandshakes_us;
    do {
      Connection* const connection = handshakes_.front();
      handshakes_.pop_front();
      if (connection != nullptr) take(*connection, serve);
    } while (!handshakes_.empty() && std::chrono::steady_clock::now() < end);
  }

 private:
  // The time for steps of handshakes in one round.
  static constexpr std::chrono::microseconds kHandshakes_us{300};

  template <typename Serve>
  static void take(Connection& connection, Serve& serve) {
    connection.queued = false;
    serve(connection);
  }

  // Null: the connection has finished its handshake since.
  std::vector<Connection*> turns_;
  std::deque<Connection*> handshakes_;
};

}  // namespace isocache
