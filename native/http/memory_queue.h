// Lets WebSockets wait for memory that others hold. Each coroutine waits on a timer of its own. The
// queue cancels that timer when it is time to ask again.
#pragma once

#include <algorithm>
#include <boost/asio/error.hpp>
#include <chrono>
#include <cstdint>

#include "native/base/host_clock.h"
#include "native/connection/memory_waiters.h"
#include "native/http/socket_stream.h"

namespace isocache {

class MemoryQueue {
 public:
  MemoryQueue(const Executor& executor, const HostClock& clock) : clock_(clock), retry_(executor) {}

  // Cancels the timer when its turn comes. REQUIRES: the timer lives until then.
  void enter(Timer& turn) {
    waiters_.add(turn);
    if (!scheduled_) schedule();
  }

 private:
  void schedule() {
    const std::int64_t wait_ms = waiters_.retry_at_ms() - clock_.now().monotonic_ms;
    retry_.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(0, wait_ms)));
    retry_.async_wait([this](beast::error_code error) {
      scheduled_ = false;
      if (error == asio::error::operation_aborted) return;  // the loop is gone
      waiters_.run(clock_.now().monotonic_ms, [](Timer& turn) { turn.cancel(); });
      if (!waiters_.empty()) schedule();
    });
    scheduled_ = true;
  }

  const HostClock& clock_;
  MemoryWaiters<Timer> waiters_;
  Timer retry_;
  bool scheduled_ = false;  // retry_ runs
};

}  // namespace isocache
