// A backend that suspends requests that the test selects, like a backend with a slow tier. It
// executes them on another backend when the test tells it to: in any order, suspended more than
// once, or never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "command/backend.h"
#include "command/late.h"
#include "command/wording/miss.h"
#include "command/wording/wording.h"

namespace isocache {

// For tests with one thread.
struct NoMutex {
  void lock() {}
  void unlock() {}
};

// `Mutex` guards what other threads complete; see complete().
template <typename Mutex = NoMutex>
class LateBackend : public Backend {
 public:
  // REQUIRES: `inner` outlives this backend and suspends nothing.
  explicit LateBackend(Backend& inner) : inner_(inner) {}

  // Decides whether a request is suspended when it comes. Set it before the first request.
  std::function<bool(const Request&)> suspends = [](const Request&) { return false; };
  // How often a request is suspended once more when it could be finished.
  int again = 0;

  // --- what the test does -------------------------------------------------------------------
  // The suspended requests, oldest first. Any thread.
  std::vector<LateToken> tokens() {
    const Guard guard(mutex_);
    std::vector<LateToken> all;
    for (const auto& [token, one] : open_) all.push_back(token);
    return all;
  }
  // The value has arrived: tells the session. Returns false if nobody waits for it any more. Any
  // thread.
  bool complete(LateToken token) {
    const Guard guard(mutex_);
    const auto found = open_.find(token);
    if (found == open_.end()) return false;
    if (found->second.waker != nullptr) found->second.waker->wake(token);
    return true;
  }
  std::size_t open() { return tokens().size(); }
  std::size_t finished() const { return finished_; }
  std::size_t given_up() const { return given_up_; }
  std::size_t put_off() const { return put_off_; }
  std::size_t abandoned() const { return abandoned_; }

  // --- Backend ------------------------------------------------------------------------------
  std::uint64_t hash(std::string_view key) const override { return inner_.hash(key); }

  Executed execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                   Waker* waker) override {
    std::size_t ready = 0;
    while (ready < requests.size() && !is_late(requests[ready])) ++ready;
    Executed executed;
    if (ready != 0) executed = inner_.execute(requests.first(ready), now_s, out, waker);
    if (executed.done != ready || ready == requests.size() || out.full()) return executed;
    executed.late = suspend(waker, again);
    return executed;
  }
  LateToken finish_upload(Request& request, Upload& upload, UnixSeconds now_s, Output& out,
                          Waker* waker) override {
    if (is_late(request)) return suspend(waker, again);
    return inner_.finish_upload(request, upload, now_s, out, waker);
  }
  Executed finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                  Waker* waker) override {
    Executed executed{1};
    if (const int left = waits(token).again; left > 0) {
      executed = {0, suspend(waker, left - 1)};
    } else if (upload != nullptr) {
      inner_.finish_upload(request, *upload, now_s, out, waker);
    } else if (inner_.execute({&request, 1}, now_s, out, waker).done == 0) {
      return {};
    }
    taken(token);
    finished_ += executed.done;
    return executed;
  }
  void give_up(LateToken token, Request& request, Upload* upload, UnixSeconds /*now_s*/,
               Output& out) override {
    if (upload != nullptr) inner_.abort_upload(request, *upload);
    say_miss(request, [&](const auto& outcome) { word(outcome, request, out); });
    taken(token);
    ++given_up_;
  }
  void put_off(LateToken token, const Request& /*request*/) override {
    waits(token);
    ++put_off_;
  }
  void abandon(LateToken token, const Request& request, Upload* upload) override {
    taken(token);
    ++abandoned_;
    if (upload != nullptr) inner_.abort_upload(request, *upload);
  }

  AdminResult administer(const Request& request, const Clock& clock, Output& out,
                         Waker* waker) override {
    return inner_.administer(request, clock, out, waker);
  }
  PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) override {
    return inner_.begin_upload(request, now_s, upload);
  }
  std::span<char> upload_window(const Request& request, Upload& upload) override {
    return inner_.upload_window(request, upload);
  }
  bool upload_may_wait(const Request& request, const Upload& upload, UnixSeconds now_s) override {
    return inner_.upload_may_wait(request, upload, now_s);
  }
  void upload_received(const Request& request, Upload& upload, std::size_t bytes) override {
    inner_.upload_received(request, upload, bytes);
  }
  void abort_upload(const Request& request, Upload& upload) override {
    inner_.abort_upload(request, upload);
  }
  void refuse_upload(const Request& request, Upload& upload) override {
    inner_.refuse_upload(request, upload);
  }
  bool memory_is_wanted(UnixSeconds now_s) const override { return inner_.memory_is_wanted(now_s); }
  void release(const Output& sent) override { inner_.release(sent); }

 private:
  struct Suspended {
    Waker* waker = nullptr;
    int again = 0;
  };
  // Like std::lock_guard, which a library without threads lacks.
  class Guard {
   public:
    explicit Guard(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
    ~Guard() { mutex_.unlock(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Mutex& mutex_;
  };

  bool is_late(const Request& request) const {
    return request.verb != Verb::kReply && suspends(request);
  }
  LateToken suspend(Waker* waker, int again_later) {
    const Guard guard(mutex_);
    open_[++last_token_] = {waker, again_later};
    return last_token_;
  }
  Suspended waits(LateToken token) {
    const Guard guard(mutex_);
    const auto found = open_.find(token);
    check(found != open_.end());
    return found->second;
  }
  // Ends a token. The test fails if it was never given out, or has ended before.
  Suspended taken(LateToken token) {
    const Guard guard(mutex_);
    const auto found = open_.find(token);
    check(found != open_.end());
    const Suspended one = found->second;
    open_.erase(found);
    return one;
  }

  Backend& inner_;
  Mutex mutex_;
  std::map<LateToken, Suspended> open_;
  LateToken last_token_ = 0;
  std::size_t finished_ = 0;
  std::size_t given_up_ = 0;
  std::size_t put_off_ = 0;
  std::size_t abandoned_ = 0;
};

}  // namespace isocache
