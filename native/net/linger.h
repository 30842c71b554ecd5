// Sockets that have sent their last reply and are about to be closed.
//
// If a kernel closes a socket with unread input, or receives input for a closed socket, it sends a
// reset. Replies that are still on their way are then lost. So a connection ends in three steps:
//
//   end our side (the client sees the end of the stream at once)
//     -> read what still comes, and drop it
//     -> close: the client has closed, or it has everything and is quiet, or it took too long
//
// One thread uses it: its worker. It has an epoll of its own, which the worker's poller watches.
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

// What is left of a connection that has ended.
struct LeavingSocket {
  FileDescriptor socket;  // non-blocking
  std::string unsent;     // TLS: the rest of a goodbye that the socket did not take yet
  bool quiet = false;     // nothing went in or out for some time
};

class LingeringSockets {
 public:
  // The most sockets at a time, except in a drain. If there is one more, the oldest is closed. So
  // clients that make the server close connections cost no more than this many descriptors.
  static constexpr std::size_t kMost = 64;
  // Except in a drain: the time since our bytes last got through. It cuts a client that sends for
  // ever.
  static constexpr std::int64_t kStalled_ms = 2000;
  // Except in a drain: the time in all.
  static constexpr std::int64_t kLongest_ms = 30'000;

  // REQUIRES: `buffer` outlives it. Others may use the buffer between two calls. Throws
  // SystemError.
  explicit LingeringSockets(std::span<char> buffer) : buffer_(buffer) {}

  // Ends our side, and closes at once if that is safe.
  void add(LeavingSocket leaving, std::int64_t now_ms);
  // The worker's poller watches this; it is readable when on_ready() has something to do.
  int fd() const { return poller_.fd(); }
  void on_ready(std::int64_t now_ms);
  // When run_timer() is due. REQUIRES: not empty().
  std::int64_t timer_at_ms() const { return timer_at_ms_; }
  void run_timer(std::int64_t now_ms);
  // From now on each socket has time until clear(), unless its client finishes before.
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

  // Returns false when the connection is over.
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
