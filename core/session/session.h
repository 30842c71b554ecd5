// One connection's protocol state: bytes in, bytes out, no IO. TCP, WebSocket, wasm and the tests
// drive the same class:
//
//   session.feed(bytes);                    // any fragmentation, any pipelining
//   while (session.wants_turn()) ...        // more is buffered than one turn may execute: resume()
//   while (session.waiting()) ...           // others hold memory that it needs: resume() later
//   on Waker::wake(token): session.resume(token)   // a reply that was late can be finished
//   send(session.output());                 // then backend.release(output), output.clear()
//   if (session.closing()) close();         // after sending what is there
//
// A large value may skip feed(): while upload_window() is not empty, read from the socket into it.
//
// Replies may come late (command/late.h). output() is always what may be sent now: everything
// before the first reply that is late. feed() and both resume() may append to it, so that none may
// be called while a transport reads it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "command/backend.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "session/authenticator.h"

namespace isocache {

struct SessionOptions {
  std::size_t requests_per_turn = limits::kDefaultRequestsPerTurn;  // -R
  OutputLimits output_limits = {};               // nothing is executed while so much is unsent
  const Authenticator* authenticator = nullptr;  // clients log in first; null: nobody has to
};

class Session {
 public:
  // REQUIRES: backend and clock outlive the session, and so does `waker`. It may be null if the
  // backend suspends nothing and has no idle streams.
  Session(Backend& backend, const Clock& clock, const SessionOptions& options,
          Waker* waker = nullptr);
  // Aborts an unfinished upload, abandons late replies. The transport must have released output().
  ~Session();

  // Takes all of `bytes`. Executes what they complete, up to one turn's requests and the output
  // limit; the rest is kept.
  void feed(std::string_view bytes);
  // Goes on with what is kept. Call when wants_turn() and the output has room.
  void resume();
  // The waker was called with this token: finishes that reply, or goes on with an idle stream, and
  // with what waited for it. A token that is none of this session's, or not any more, does nothing.
  void resume(LateToken token);
  // The host waits for no late reply any longer: each becomes a miss. Returns how many did.
  std::size_t give_up_late();
  // How many replies are late.
  std::size_t late() const;
  // Since when the oldest of them is, by the session's clock. REQUIRES: late() != 0.
  UnixSeconds late_since_s() const;
  // A reply is late, or a long one goes on: the client waits for the host.
  bool owes_reply() const;
  // Whether the host should read more for this session. Behind late replies a bounded number of
  // bytes is read ahead, so that a client that leaves is noticed.
  bool takes_input() const;
  // There is more to do at once (the turn was used up, the output is full, a long reply goes on).
  bool wants_turn() const;
  // The next request needs memory that others hold (Store::begin_upload, Store::may_pin). The host
  // reads nothing more for this session, sends what is there, and calls resume() a little later.
  bool waiting() const;
  // A large value is arriving, and this much of it is still to come; 0: none is.
  std::size_t upload_remaining() const;

  // While a large value is being received: where its next bytes belong. Empty otherwise.
  std::span<char> upload_window();
  // `bytes` of the window were filled in.
  void upload_received(std::size_t bytes);

  Output& output();
  // quit, or an error that ends the connection, and no reply is late: send the output, then close.
  bool closing() const;
  // The host is about to end. The request that has begun to arrive or to be answered is the last
  // one, or the next one if none has begun: closing() follows it. Whole requests that still wait
  // are dropped, and closing() follows at once.
  void end_after_request();
  // The command that asked for the server's end, if any.
  AdminResult::Next requested() const;
  // Nothing but a login is read before: give it kLoginLimit_s. True at once when nobody has to.
  bool logged_in() const;
  // The host knows the client by other means (a token, a certificate).
  void log_in();
  // The first byte is the binary protocol's, which this server does not speak: closing() is true.
  bool spoke_binary() const;
  // How often it tried in vain.
  unsigned failed_logins() const;
  // Bytes kept for an unfinished command.
  std::size_t buffered() const;
  // A command has begun to arrive, or its reply to leave, and is not whole yet.
  bool in_request() const;
  // What comes next begins no request: it belongs to one that is here in part, or was refused.
  bool midway() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
