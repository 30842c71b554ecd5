// Lets WebSockets wait for memory that others hold.
#pragma once

#include <algorithm>
#include <boost/asio/error.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "native/base/host_clock.h"
#include "native/connection/memory_waiters.h"
#include "native/http/socket_stream.h"

namespace isocache {

class MemoryQueue {
 public:
  MemoryQueue(const Executor& executor, const HostClock& clock)
      : executor_(executor), clock_(clock), retry_(executor) {}

  // Waits until it is time to ask for memory again; ends with operation_aborted. The timer belongs
  // to the queue, so a caller may go away before its turn comes.
  template <typename Token>
  auto async_turn(Token&& token) {
    Timer& turn = enter();
    return turn.async_wait(std::forward<Token>(token));
  }

 private:
  Timer& enter() {
    if (!scheduled_) schedule();
    Timer& turn = turns_.emplace_back(executor_, Timer::time_point::max());
    try {
      waiters_.add(turn);
    } catch (...) {
      turns_.pop_back();
      throw;
    }
    return turn;
  }

  void schedule() {
    const std::int64_t wait_ms = waiters_.retry_at_ms() - clock_.now().monotonic_ms;
    retry_.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(0, wait_ms)));
    retry_.async_wait([this](beast::error_code error) {
      scheduled_ = false;
      if (error == asio::error::operation_aborted) return;  // the loop is gone
      // A timer that is destroyed ends the wait.
      waiters_.run(clock_.now().monotonic_ms, [this](Timer&) { turns_.pop_front(); });
      if (!waiters_.empty()) schedule();
    });
    scheduled_ = true;
  }

  Executor executor_;
  const HostClock& clock_;
  std::deque<Timer> turns_;       // who waits, in order
  MemoryWaiters<Timer> waiters_;  // the same
  Timer retry_;
  bool scheduled_ = false;  // retry_ runs
};

}  // namespace isocache
