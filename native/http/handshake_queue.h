// Lets one TLS handshake begin in each round of a loop. A handshake takes as long as a thousand
// requests. So however many clients arrive at once, clients that are being served wait for one
// handshake at most.
#pragma once

#include <boost/asio/post.hpp>
#include <deque>

#include "native/http/socket_stream.h"

namespace isocache {

class HandshakeQueue {
 public:
  explicit HandshakeQueue(const Executor& executor) : executor_(executor) {}

  // Cancels the timer when its turn comes. REQUIRES: the timer leaves before it is destroyed.
  // Throws std::bad_alloc; then it has not entered.
  void enter(Timer& turn) {
    if (!scheduled_) schedule();
    waiting_.push_back(&turn);
  }
  void leave(Timer& turn) { std::erase(waiting_, &turn); }

 private:
  // Runs behind everything that is ready now.
  void schedule() {
    asio::post(executor_, [this] {
      scheduled_ = false;
      if (waiting_.empty()) return;
      waiting_.front()->cancel();
      waiting_.pop_front();
      if (!waiting_.empty()) schedule();
    });
    scheduled_ = true;
  }

  Executor executor_;
  std::deque<Timer*> waiting_;
  bool scheduled_ = false;
};

// A place in the queue.
class HandshakeTurn {
 public:
  HandshakeTurn(const Executor& executor, HandshakeQueue& queue)
      : queue_(queue), timer_(executor, Timer::time_point::max()) {
    queue_.enter(timer_);
  }
  ~HandshakeTurn() { queue_.leave(timer_); }
  HandshakeTurn(const HandshakeTurn&) = delete;
  HandshakeTurn& operator=(const HandshakeTurn&) = delete;
  // It is cancelled when the turn comes.
  Timer& timer() { return timer_; }

 private:
  HandshakeQueue& queue_;
  Timer timer_;
};

}  // namespace isocache
