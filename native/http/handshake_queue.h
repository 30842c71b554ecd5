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

  // Cancels the timer when its turn comes. REQUIRES: the timer lives until then.
  void enter(Timer& turn) {
    waiting_.push_back(&turn);
    if (waiting_.size() == 1) schedule();
  }

 private:
  // Runs behind everything that is ready now.
  void schedule() {
    asio::post(executor_, [this] {
      waiting_.front()->cancel();
      waiting_.pop_front();
      if (!waiting_.empty()) schedule();
    });
  }

  Executor executor_;
  std::deque<Timer*> waiting_;
};

}  // namespace isocache
