// Lets one TLS handshake begin in each round of a loop. A handshake takes as long as a thousand
// requests. So however many clients arrive at once, clients that are being served wait for one
// handshake at most.
#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <new>
#include <utility>

#include "native/http/socket_stream.h"

namespace isocache {

class HandshakeQueue {
 public:
  explicit HandshakeQueue(const Executor& executor) : executor_(executor) {}

  // Waits for a turn; ends with operation_aborted. The timer belongs to the queue, so a caller may
  // go away before its turn comes. If this throws std::bad_alloc, others still get their turns.
  template <typename Token>
  auto async_turn(Token&& token) {
    if (!scheduled_) schedule();
    Timer& turn = turns_.emplace_back(executor_, Timer::time_point::max());
    return turn.async_wait(std::forward<Token>(token));
  }

 private:
  // Runs behind everything that is ready now.
  void schedule() {
    asio::post(executor_, [this] {
      scheduled_ = false;
      take_turn();
    });
    scheduled_ = true;
  }

  // A timer that is destroyed ends the wait.
  void take_turn() {
    if (!turns_.empty()) turns_.pop_front();
    if (turns_.empty()) return;
    try {
      schedule();
    } catch (const std::bad_alloc&) {
      turns_.clear();  // nobody would end these waits
    }
  }

  Executor executor_;
  std::deque<Timer> turns_;  // who waits, in order
  bool scheduled_ = false;   // take_turn() is posted
};

}  // namespace isocache
