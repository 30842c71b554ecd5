// One client: moves bytes between its socket and its Session. Lives on one worker's thread.
//
//   event -> turn:  send what is stuck -> receive once, or go on with what is buffered -> send
//
// A turn is at most one read and one batch of requests (-R), so that a busy client does not starve
// the others; one with more to do is given another turn after them. While replies are unsent it
// neither reads nor executes: a client that does not read costs the session's output limit, no
// more. An idle connection owns no buffer: it reads into its worker's, and replies go to its
// worker's spare Output, unless a socket that is full keeps one back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "command/backend.h"
#include "native/counters.h"
#include "native/file_descriptor.h"
#include "native/log.h"
#include "native/poller.h"
#include "native/sender.h"
#include "native/worker.h"
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
  bool stopping = false;  // send what is under way, read no more
};

class Connection {
 public:
  // What its worker does with it next.
  enum class Next : std::uint8_t { kWaitForEvent, kTakeTurn, kClose };

  // Registers the socket with the poller, its own address as the tag. REQUIRES: non-blocking.
  Connection(FileDescriptor socket, ConnectionHost& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Remembers what epoll reported; true if a turn is worth while.
  bool on_event(std::uint32_t events);
  Next take_turn();
  // A command asked for the server's end.
  AdminResult::Next requested() const { return session_.requested(); }
  // Replies are under way, or whole requests wait.
  bool busy() const { return blocked_ || session_.wants_turn(); }

  const ConnectionInfo& info() const { return info_; }

  // Kept by the worker.
  bool queued = false;          // waits for a turn
  std::size_t table_index = 0;  // in its connection table

 private:
  enum class Received : std::uint8_t { kSomething, kNothing, kEnd };

  bool may_read() const { return readable_ && !host_.stopping; }
  Received receive();
  void receive_into_session(std::size_t bytes);
  void receive_into_upload(std::span<char> window, std::size_t bytes);
  // False when the connection broke.
  bool send();
  void borrow_output();
  void give_output_back();

  ConnectionHost& host_;
  FileDescriptor socket_;
  ConnectionInfo info_;
  Session session_;
  Sender sender_;
  bool readable_ = false;        // there may be bytes to read
  bool hung_up_ = false;         // the end of the stream is among them: read until it
  bool blocked_ = false;         // the socket takes no more
  bool wants_writable_ = false;  // epoll reports when it does
};

}  // namespace isocache
