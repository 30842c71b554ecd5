// Sockets whose last reply is out, on their way to being closed.
//
// A kernel that closes a socket with unread input, or that receives input for a closed one, sends a
// reset. Replies that are still on their way are then lost. So a connection ends in three steps:
//
//   end our side (the client sees the end of the stream at once)
//     -> read what still comes, and drop it
//     -> close: the client has closed, or it has everything and is quiet, or it took too long
//
// One thread uses it, a worker's. It has an epoll of its own, which the worker's poller watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>

#include "native/base/file_descriptor.h"
#include "native/connection/delivery_watch.h"
#include "native/net/poller.h"

namespace isocache {

// A connection that has ended: what is left of it.
struct LeavingSocket {
  FileDescriptor socket;  // non-blocking
  std::string unsent;     // the rest of a goodbye that the socket did not take: TLS
  bool quiet = false;     // nothing went in or out for some time
};

class LingeringSockets {
 public:
  // Sockets at a time, outside of a drain. The oldest is closed for a new one, so that clients
  // which make the server close their connections cost no more than this many descriptors.
  static constexpr std::size_t kMost = 64;
  // Outside of a drain: since our bytes last got through; a client that sends for ever is cut.
  static constexpr std::int64_t kStalled_ms = 2000;
  // Outside of a drain: in all.
  static constexpr std::int64_t kLongest_ms = 30'000;

  // REQUIRES: `buffer` outlives it; others may use it between two calls. Throws SystemError.
  explicit LingeringSockets(std::span<char> buffer) : buffer_(buffer) {}

  // Ends our side, and closes at once if that is safe.
  void add(LeavingSocket leaving, std::int64_t now_ms);
  // The worker's poller watches this; it is readable when on_ready() has something to do.
  int fd() const { return poller_.fd(); }
  void on_ready(std::int64_t now_ms);
  // When run_timer() is due. REQUIRES: not empty().
  std::int64_t timer_at_ms() const { return timer_at_ms_; }
  void run_timer(std::int64_t now_ms);
  // From now on each socket has time until clear(), unless its client is through before.
  void begin_drain() { draining_ = true; }
  // Closes all of them.
  void clear() { sockets_.clear(); }

  bool empty() const { return sockets_.empty(); }
  std::size_t size() const { return sockets_.size(); }

 private:
  struct Socket {
    FileDescriptor socket;
    std::string unsent;
    std::int64_t began_ms;
    DeliveryWatch delivery;
    std::list<Socket>::iterator self = {};
  };

  // False: the connection is over.
  bool end_our_side(Socket& socket);
  bool drop_input(Socket& socket, std::int64_t now_ms);
  bool is_through(Socket& socket, std::int64_t now_ms) const;

  Poller poller_;
  std::span<char> buffer_;
  std::list<Socket> sockets_;  // the oldest first
  std::int64_t timer_at_ms_ = 0;
  bool draining_ = false;
};

}  // namespace isocache
