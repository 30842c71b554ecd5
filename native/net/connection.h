// One client: moves bytes between its socket and its Session. Lives on one worker's thread.
//
//   event -> turn:  send what is stuck -> receive once, or go on with what is buffered -> send
//
// A turn is at most one read, one batch of requests (-R) and a share of their replies
// (Sender::kTurnBytes), so that a busy client does not starve the others; one with more to do is
// given another turn after them. While replies are unsent it
// neither reads nor executes: a client that does not read costs the session's output limit, no
// more. An idle connection owns no buffer: it reads into its worker's, and replies go to its
// worker's spare Output, unless a socket that is full keeps one back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "command/backend.h"
#include "native/base/counters.h"
#include "native/base/file_descriptor.h"
#include "native/base/log.h"
#include "native/net/hold_watch.h"
#include "native/net/linger.h"
#include "native/net/poller.h"
#include "native/net/sender.h"
#include "native/net/worker.h"
#include "native/tls/tls_stream.h"
#include "protocol/output.h"
#include "session/session.h"

namespace isocache {

// What a worker lends to its connections.
struct ConnectionHost {
  Backend& backend;
  Poller& poller;
  const Verbosity& verbosity;
  SessionOptions session_options;
  Clock clock;
  WorkerCounters counters;
  std::span<char> read_buffer;
  Output spare_output;
  std::unique_ptr<TlsBuffers> tls_buffers;  // once somebody speaks TLS
  bool stopping = false;                    // send what is under way, read no more
};

class Connection {
 public:
  // What its worker does with it next.
  enum class Next : std::uint8_t {
    kWaitForEvent,
    kTakeTurn,
    kWaitForMemory,  // a turn a little later, when others may have released what it needs
    kLeave,          // its last reply is with the kernel: leave()
    kClose,  // it is broken, or its client has closed it and has sent nothing that we did not read
  };

  // Registers the socket with the poller, its own address as the tag. `tls`: what it speaks; null:
  // plain. REQUIRES: non-blocking. Throws SystemError.
  Connection(FileDescriptor socket, SSL_CTX* tls, ConnectionHost& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Remembers what epoll reported; true if a turn is worth while.
  bool on_event(std::uint32_t events);
  Next take_turn();
  // The worker ends: the request that has begun is the last.
  void begin_stop() { session_.end_after_request(); }
  // Says goodbye, and gives the socket away. All that may follow is the destructor.
  LeavingSocket leave();
  // A command asked for the server's end.
  AdminResult::Next requested() const { return session_.requested(); }
  // Replies are under way, or whole requests wait.
  bool busy() const { return sending() || session_.wants_turn() || session_.waiting(); }
  // The same, or a request has begun to arrive: a stop waits for its end.
  bool unfinished() const { return busy() || in_request(); }
  // About once a second. True: it holds memory, and has hardly moved for long. `count` then counts
  // it as what it is.
  bool holds_too_long();
  void count_held_too_long();
  // It speaks TLS, and is not ready to speak of anything else.
  bool handshaking() const { return tls_ != nullptr && !tls_->established(); }
  // The handshake took too long: it is closed next.
  void give_up_handshake();
  bool logged_in() const { return session_.logged_in(); }
  UnixSeconds opened_s() const { return opened_s_; }

  const ConnectionInfo& info() const { return info_; }

  // Kept by the worker.
  bool queued = false;          // waits for a turn
  bool wants_memory = false;    // is to be given one when memory may be there
  std::size_t table_index = 0;  // in its connection table

 private:
  enum class Received : std::uint8_t { kSomething, kNothing, kEnd };

  bool in_request() const { return session_.in_request() || (tls_ && tls_->in_record()); }
  bool may_read() const { return readable_ && (!host_.stopping || in_request()); }
  bool sending() const { return blocked_ || sends_on_; }
  void note_failed_logins();
  Received receive();
  Received receive_encrypted();
  Received note_received(ssize_t count, std::size_t room);
  void receive_into_session(std::string_view received);
  void receive_into_upload(std::span<char> window, std::size_t bytes);
  void decrypt();
  void log_tls_failure() const;
  // False when the connection broke.
  bool send();
  void borrow_output();
  void give_output_back();

  ConnectionHost& host_;
  FileDescriptor socket_;
  ConnectionInfo info_;
  Session session_;
  Sender sender_;
  HoldWatch hold_watch_;
  std::uint64_t moved_bytes_ = 0;   // received into uploads, and sent
  std::unique_ptr<TlsStream> tls_;  // null: plain
  UnixSeconds opened_s_;
  std::uint8_t failed_logins_ = 0;  // that were noted
  bool readable_ = false;           // there may be bytes to read
  bool hung_up_ = false;            // the end of the stream is among them: read until it
  // A short read does not mean that all was read: it ends at TCP's urgent mark, and on a unix
  // socket behind bytes that came with a descriptor. Such a one is read until it says that it is
  // empty.
  bool reads_end_early_ = false;
  bool blocked_ = false;         // the socket takes no more
  bool sends_on_ = false;        // it does, but this turn's share is sent
  bool wants_writable_ = false;  // epoll reports when it does
};

}  // namespace isocache
