// One client: moves bytes between its socket and its Session. Lives on one worker's thread.
//
//   event -> turn:  send what is stuck -> receive once, or go on with what is buffered -> send
//
// A turn is at most one read, one batch of requests (-R) and a share of their replies
// (Sender::kTurnBytes), so that a busy client does not starve the others. A connection that has
// more to do is given another turn after them. While replies are unsent it neither reads nor
// executes: a client that does not read costs the session's output limit, and no more.
// A connection without work owns no buffer: it reads into its worker's buffer, and writes replies
// to its worker's spare Output. It keeps that Output only while its socket is full.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "command/backend.h"
#include "native/base/file_descriptor.h"
#include "native/connection/connection_core.h"
#include "native/connection/connection_host.h"
#include "native/connection/connection_info.h"
#include "native/connection/connection_table.h"
#include "native/connection/sender.h"
#include "native/net/linger.h"
#include "native/net/poller.h"
#include "native/tls/tls_stream.h"

namespace isocache {

// What a worker lends to its connections.
struct WorkerHost : ConnectionHost {
  Poller& poller;
  std::span<char> read_buffer;
  std::int64_t now_ms = 0;                            // the monotonic clock, when this round began
  std::unique_ptr<TlsBuffers> tls_buffers = nullptr;  // once somebody speaks TLS
};

class Connection {
 public:
  // What its worker does with the connection next.
  enum class Next : std::uint8_t {
    kWaitForEvent,
    kTakeTurn,
    kWaitForMemory,  // a turn a little later, when others may have released what it needs
    kLeave,          // its last reply is with the kernel: leave()
    kClose,          // it is broken, or its client has ended it, and everything was answered
  };

  // Registers the socket with the poller, with its own address as the tag. `tls`: the TLS settings
  // to use; null: plain. REQUIRES: the socket is non-blocking. Throws SystemError.
  Connection(FileDescriptor socket, SSL_CTX* tls, Protocols protocols, WorkerHost& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Remembers what epoll reported. Returns true if a turn is worthwhile.
  bool on_event(std::uint32_t events);
  // Remembers a token that its session's waker was called with; true if a turn is worth while.
  bool on_woken(LateToken token);
  // About once a second: true if a turn is worth while, because replies are late for too long.
  bool gives_up_late();
  Next take_turn();
  // The worker is ending: no request begins after the one that has begun.
  void begin_stop() { session().end_after_request(); }
  // Says goodbye, and gives the socket away. After this only the destructor may be called.
  LeavingSocket leave();
  // True if a command asked the server to end.
  AdminResult::Next requested() const { return core_.session().requested(); }
  // True if replies are under way or late, or whole requests wait.
  bool busy() const { return sending() || core_.goes_on() || core_.owes_reply(); }
  // As busy(), or part of a request has arrived. A stop waits for the end of such a request.
  bool unfinished() const { return busy() || in_request(); }
  // It watches, and does not read what it is told. Nobody waits for that.
  bool is_stalled_watcher() const { return blocked_ && core_.session().watches(); }
  // The worker calls it about once a second. True: the connection was idle for too long, or its
  // login or handshake takes too long. It is already counted; the worker closes it.
  bool is_overdue(std::int64_t handshake_limit_ms);
  // See ConnectionCore.
  bool holds_too_long() { return core_.holds_too_long(blocked_ ? &output() : nullptr); }
  // It speaks TLS, and its handshake is not finished.
  bool handshaking() const { return tls_ != nullptr && !tls_->established(); }
  const ConnectionInfo& info() const { return info_; }
  EventClose close_reason() const { return core_.close_reason(broken_ && !input_ended_); }

  ConnectionId id;  // kept by the worker's table
  // Kept by the worker.
  bool queued = false;        // waits for a turn
  bool wants_memory = false;  // is given a turn when memory may be free

 private:
  enum class Received : std::uint8_t { kSomething, kNothing, kEnd, kBroken };

  Session& session() { return core_.session(); }
  Output& output() { return core_.session().output(); }
  bool in_request() const { return core_.session().in_request() || (tls_ && tls_->in_record()); }
  bool may_read() const {
    return readable_ && !input_ended_ && core_.session().takes_input() &&
           (!host_.draining || in_request());
  }
  bool sending() const { return blocked_ || sends_on_; }
  bool receive_or_go_on();
  // The client sends no more, and everything that it asked for is answered. If an idle stream keeps
  // us from reading what it sent before its end, nothing will ever read it.
  bool is_done() const {
    const bool ended = input_ended_ || (hung_up_ && !core_.session().takes_input());
    return ended && !core_.has_to_answer();
  }
  Received receive();
  Received receive_encrypted();
  Received note_received(ssize_t count, std::size_t room);
  void receive_into_upload(std::span<char> window, std::size_t bytes);
  void decrypt();
  void log_tls_failure() const;
  // False when the connection broke.
  bool send();

  WorkerHost& host_;
  FileDescriptor socket_;
  ConnectionInfo info_;
  ConnectionCore core_;
  Sender sender_;
  std::unique_ptr<TlsStream> tls_;  // null: plain
  bool readable_ = false;           // there may be bytes to read
  bool hung_up_ = false;            // the end of the stream is among them: read until it
  bool input_ended_ = false;        // it was read
  bool broken_ = false;             // nobody is there to read our replies
  // A short read does not mean that all was read. It ends at TCP's urgent mark and, on a unix
  // socket, behind bytes that came with a descriptor. So this socket is read until it says that it
  // is empty.
  bool reads_end_early_ = false;
  bool blocked_ = false;         // the socket takes no more
  bool sends_on_ = false;        // the socket takes more, but this turn's share is sent
  bool wants_writable_ = false;  // epoll reports when the socket takes more
};

}  // namespace isocache
