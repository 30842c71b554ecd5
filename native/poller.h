// One worker's sockets: an epoll of their own, which the worker's io_context waits on as one
// descriptor.
//
// A socket is registered once, edge-triggered: an event means "something came since you last got
// EAGAIN, or less than you asked for". So a request costs no epoll_ctl (as Asio's async_wait would
// on each socket) and no read that finds nothing; the io_context's own wait and epoll_ctl are paid
// once for all sockets that are ready together. See README.md for the figures.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "native/file_descriptor.h"

namespace isocache {

class Poller {
 public:
  Poller();  // throws SystemError

  // `tag` comes back in epoll_event::data.ptr. A closed descriptor leaves by itself.
  void add(int fd, std::uint32_t events, void* tag);
  void modify(int fd, std::uint32_t events, void* tag);
  // Readable while there are events: an event loop can wait on it.
  int fd() const { return epoll_.get(); }
  // The events that are there, without waiting. Valid until the next call.
  std::span<const epoll_event> take();

 private:
  FileDescriptor epoll_;
  std::array<epoll_event, 128> events_;
};

}  // namespace isocache
