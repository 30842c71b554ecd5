// A worker's connections that wait for a turn: those with more to do, and those in a TLS handshake.
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
  // It is about to go.
  void remove(Connection& connection) {
    if (!connection.queued) return;
    std::ranges::replace(turns_, &connection, nullptr);
    std::ranges::replace(handshakes_, &connection, nullptr);
  }
  // serve(Connection&) once for each that waits now; those that want another turn wait behind the
  // next events.
  template <typename Serve>
  void run_turns(Serve&& serve) {
    const std::size_t waiting = turns_.size();
    for (std::size_t i = 0; i < waiting; ++i) {
      if (turns_[i] != nullptr) take(*turns_[i], serve);
    }
    turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(waiting));
  }
  // A whole step of a handshake takes as long as a thousand requests (tls/README.md). It is the
  // only one of its round: however many clients arrive at once, those that are being served wait
  // for one at most. But steps that come to nothing, those of a client that sends byte by byte, are
  // short, and many of them fit into one round.
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
  // For steps of handshakes in one round, when there are many.
  static constexpr std::chrono::microseconds kHandshakes_us{300};

  template <typename Serve>
  static void take(Connection& connection, Serve& serve) {
    connection.queued = false;
    serve(connection);
  }

  // Null: it finished meanwhile.
  std::vector<Connection*> turns_;
  std::deque<Connection*> handshakes_;
};

}  // namespace isocache
