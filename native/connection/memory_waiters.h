// Connections that wait for memory that others hold. Each is tried again now and then, in the order
// in which they began to wait.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace isocache {

template <typename Waiter>
class MemoryWaiters {
 public:
  static constexpr std::int64_t kRetry_ms = 5;
  // How many are tried at a time: each try takes some microseconds. If more wait, each is tried
  // less often.
  static constexpr std::size_t kMostRetries = 64;

  // Throws std::bad_alloc.
  void add(Waiter& waiter) { waiters_.push_back(&waiter); }
  // The connection has gone.
  void remove(Waiter& waiter) {
    std::ranges::replace(waiters_, &waiter, static_cast<Waiter*>(nullptr));
  }
  bool empty() const { return waiters_.empty(); }
  // When run() is due. REQUIRES: not empty().
  std::int64_t retry_at_ms() const { return retry_at_ms_; }
  // Calls retry(Waiter&) for some of them, which leave the queue. A waiter that must keep waiting
  // is added again, behind the others.
  template <typename Retry>
  void run(std::int64_t now_ms, Retry&& retry) {
    if (empty() || now_ms < retry_at_ms_) return;
    for (std::size_t n = std::min(waiters_.size(), kMostRetries); n > 0; --n) {
      Waiter* const waiter = waiters_.front();
      waiters_.pop_front();
      if (waiter != nullptr) retry(*waiter);
    }
    retry_at_ms_ = now_ms + kRetry_ms;
  }

 private:
  std::deque<Waiter*> waiters_;  // null: the connection has gone
  std::int64_t retry_at_ms_ = 0;
};

}  // namespace isocache
