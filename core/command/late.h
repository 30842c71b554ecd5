// Replies that come late. A backend may suspend a request, because its value has to be read from a
// slow tier, and go on with the requests behind it:
//
//   backend    execute() returns a LateToken: that request is suspended
//   session    keeps the request, executes what comes behind it, holds those replies back
//   backend    the value has arrived: Waker::wake(token), from any thread
//   host       Session::resume(token), on the session's own thread
//   session    Backend::finish(token, request): the reply; held replies follow it in order
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

// Names a suspended request. A backend never uses one twice.
using LateToken = std::uint64_t;
inline constexpr LateToken kNotLate = 0;
// What Waker::wake() and Session::resume() are given when an idle ReplyStream has something to say.
inline constexpr LateToken kStreamToken = ~LateToken{0};

// How a backend tells a session's host that resume(token) has something to do.
class Waker {
 public:
  virtual ~Waker() = default;
  // Any thread may call it, with locks of its own held: it leaves a note and returns. The backend
  // calls it no more for a token once finish(), give_up() or abandon() of that token has returned,
  // and not for a stream once that is destroyed.
  virtual void wake(LateToken token) = 0;
};

// What Backend::execute() did.
struct Executed {
  std::size_t done = 0;       // so many requests were executed
  LateToken late = kNotLate;  // set: the request behind them is suspended
};

// The reply to a late request whose value did not come: as if no item had its key.
void word_miss(const Request& request, Output& out);

}  // namespace isocache
