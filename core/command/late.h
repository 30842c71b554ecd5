// Replies that come late. A backend may suspend a request because its value has to be read from a
// slow tier, and execute the requests behind it:
//
//   backend    execute() returns a LateToken: that request is suspended
//   session    keeps the request, executes what comes behind it, holds those replies back
//   backend    the value has arrived: Waker::wake(token), from any thread
//   host       Session::resume(token), on the session's own thread
//   session    Backend::finish(token, request): the reply; held replies follow it in order
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

// Names a suspended request. A backend never uses one twice.
using LateToken = std::uint64_t;
inline constexpr LateToken kNotLate = 0;
// The token for Waker::wake() and Session::resume() when an idle ReplyStream can continue.
inline constexpr LateToken kStreamToken = ~LateToken{0};

// How a backend tells a session's host that resume(token) has something to do.
class Waker {
 public:
  virtual ~Waker() = default;
  // Any thread may call it, even while it holds locks of its own: wake() leaves a note and returns.
  // It does not throw: others may have to be woken, too.
  // The backend calls it for a token only until finish(), give_up() or abandon() of that token has
  // returned, and for a stream only until the stream is destroyed.
  virtual void wake(LateToken token) = 0;
};

// The result of Backend::execute().
struct Executed {
  std::size_t done = 0;       // how many requests were executed
  LateToken late = kNotLate;  // set: the request behind them is suspended
};

}  // namespace isocache
