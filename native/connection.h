// One client: moves bytes between its socket and its Session. Lives on one worker's thread.
//
//   ready -> turn:  send what is stuck -> receive once, or go on with what is buffered -> send
//
// A turn is at most one read and one batch of requests (-R), so that a busy client does not starve
// the others; one with more to do posts itself behind them. While replies are unsent it neither reads nor
// executes: a client that does not read costs the session's output limit, no more.
// An idle connection owns no buffer: it reads into its worker's, and replies go to its worker's
// spare Output, unless a socket that is full keeps one back.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "command/backend.h"
#include "native/counters.h"
#include "native/host_clock.h"
#include "native/log.h"
#include "native/sender.h"
#include "native/worker.h"
#include "protocol/output.h"
#include "session/session.h"

namespace isocache {

class Connection;

// What a worker lends to its connections.
struct ConnectionHost {
  Backend& backend;
  const HostClock& host_clock;
  const Verbosity& verbosity;
  SessionOptions session_options;
  std::span<char> read_buffer;
  Clock clock;
  WorkerCounters counters;
  Output spare_output;
  bool stopping = false;  // send what is under way, read no more
};

// Told when a connection has nothing more to do. It may destroy it.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_finished(Connection& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  // REQUIRES: the socket is non-blocking; host and owner outlive the connection.
  Connection(Socket socket, ConnectionHost& host, ConnectionOwner& owner);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Waits for the first bytes.
  void start();
  // Closes the socket; what was waited for is forgotten.
  void close();
  // A command asked for the server's end.
  AdminResult::Next requested() const { return session_.requested(); }
  // Replies are under way, or whole requests wait.
  bool busy() const { return blocked_ || session_.wants_turn(); }
  const ConnectionInfo& info() const { return info_; }

  std::size_t table_index = 0;  // in its worker's table

 private:
  enum class Received : std::uint8_t { kSomething, kNothing, kEnd };
  // What comes after a turn.
  enum class Next : std::uint8_t { kWaitReadable, kWaitWritable, kTakeTurn, kFinish };

  void run_turn();
  Next take_turn();
  void wait(Socket::wait_type what);
  bool may_read() const { return readable_ && !host_.stopping; }
  Received receive();
  void receive_into_session(std::size_t bytes);
  void receive_into_upload(std::span<char> window, std::size_t bytes);
  // False when the connection broke.
  bool send();
  void borrow_output();
  void give_output_back();

  ConnectionHost& host_;
  ConnectionOwner& owner_;
  Socket socket_;
  ConnectionInfo info_;
  Session session_;
  Sender sender_;
  bool readable_ = false;  // there may be bytes to read
  bool blocked_ = false;   // the socket takes no more
};

}  // namespace isocache
