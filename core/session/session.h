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
// Replies may come late (command/late.h). output() always holds what may be sent now: everything
// before the first late reply. feed() and both resume() may append to it, so none of them may be
// called while a transport reads it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
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
#include "session/protocols.h"

namespace isocache {

struct SessionOptions {
  std::size_t requests_per_turn = limits::kDefaultRequestsPerTurn;  // -R
  OutputLimits output_limits = {};               // nothing is executed while so much is unsent
  const Authenticator* authenticator = nullptr;  // clients log in first; null: nobody has to
  Protocols protocols = Protocols::kAny;         // -B
};

class Session {
 public:
  // REQUIRES: backend, clock and `waker` outlive the session. `waker` may be null if the backend
  // suspends nothing and has no idle streams.
  Session(Backend& backend, const Clock& clock, const SessionOptions& options,
          Waker* waker = nullptr);
  // Aborts an unfinished upload, abandons late replies. The transport must have released output().
  ~Session();

  // Takes all of `bytes`. Executes the requests that they complete, up to one turn's requests and
  // the output limit. Keeps the rest.
  void feed(std::string_view bytes);
  // Continues with the bytes that were kept. Call it when wants_turn() is true and the output has
  // room.
  void resume();
  // The waker was called with this token: finishes that reply or continues an idle stream, then
  // continues with everything that waited for it. A token that does not, or no longer, belong to
  // this session has no effect.
  void resume(LateToken token);
  // The host no longer waits for the backend where a reply has been late for so long: each becomes
  // a miss. Returns how many did. A reply that waits for its client to read does not.
  std::size_t give_up_late(UnixSeconds limit_s = 0);
  // Its client does not read what it was sent: what has been read for replies that have been late
  // for so long is read again when it does. Others may need that memory. It does not touch
  // output().
  void put_off_late(UnixSeconds limit_s = 0);
  // How many replies are late.
  std::size_t late() const;
  // When the oldest of those that wait for the backend was suspended, by the session's clock. Null:
  // none waits for the backend. A reply that waits for its client to read does not count.
  std::optional<UnixSeconds> late_since_s() const;
  // True if replies behind a late one pin values.
  bool late_pins() const;
  // True if the client waits for the host: a reply is late, or a long one is not complete.
  bool owes_reply() const;
  // True if the host should read more for this session. While replies are late, a bounded number of
  // bytes is read ahead, so that the host notices a client that disconnects.
  bool takes_input() const;
  // There is more to do at once: the turn was used up, the output is full, or a long reply
  // continues.
  bool wants_turn() const;
  // The next request needs memory that others hold (Store::begin_upload, Store::may_pin). The host
  // reads no more for this session, sends the output, and calls resume() a little later.
  bool waiting() const;
  // How many bytes of a large value are still to come; 0 if none is arriving.
  std::size_t upload_remaining() const;

  // While a large value is being received: where its next bytes belong. Otherwise empty.
  std::span<char> upload_window();
  // `bytes` bytes of the window were filled in.
  void upload_received(std::size_t bytes);

  Output& output();
  // After quit or an error that ends the connection, and if no reply is late: send the output, then
  // close.
  bool closing() const;
  // The host is about to end. If a request has begun to arrive or to be answered, it is the last
  // one; otherwise the next request is the last. closing() follows it. Complete requests that still
  // wait are dropped, and closing() follows at once.
  void end_after_request();
  // The command that asked the server to end, if there was one.
  AdminResult::Next requested() const;
  // Before this is true, only a login is accepted: give it kLoginLimit_s. True at once if nobody
  // has to log in.
  bool logged_in() const;
  // The host knows the client by other means (a token, a certificate).
  void log_in();
  // The first byte is that of a protocol which is not spoken here. closing() is true.
  bool spoke_other_protocol() const;
  // The client speaks the binary protocol, or begins to with the bytes that come `next`.
  bool speaks_binary(std::string_view next = {}) const;
  // How many logins have failed.
  unsigned failed_logins() const;
  // How many bytes are kept for an unfinished command.
  std::size_t buffered() const;
  // A command has begun to arrive, or its reply to leave, and it is not complete yet.
  bool in_request() const;
  // The client watches (the command watch): it gets lines until it ends, and what it sends is
  // dropped.
  bool watches() const;
  // The next bytes belong to a value, or to a frame whose head is here.
  bool in_value() const;
  // The next bytes do not begin a request: they belong to one that is here in part, or that was
  // refused.
  bool midway() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
