// Connections that wait for memory which others hold. Each is asked again now and then, in the
// order in which they began to wait.
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
  // Each takes some microseconds. Of more that wait, each is asked less often.
  static constexpr std::size_t kMostRetries = 64;

  // Throws std::bad_alloc.
  void add(Waiter& waiter) { waiters_.push_back(&waiter); }
  // It has gone.
  void remove(Waiter& waiter) {
    std::ranges::replace(waiters_, &waiter, static_cast<Waiter*>(nullptr));
  }
  bool empty() const { return waiters_.empty(); }
  // When run() is due. REQUIRES: not empty().
  std::int64_t retry_at_ms() const { return retry_at_ms_; }
  // retry(Waiter&) for some of them, who leave the queue; a waiter that must go on waiting is
  // added again, behind the others.
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
  std::deque<Waiter*> waiters_;  // null: it has gone
  std::int64_t retry_at_ms_ = 0;
};

}  // namespace isocache
