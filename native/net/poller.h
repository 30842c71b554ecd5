// What one worker waits on: its sockets, and a wake-up from other threads.
//
// A socket is registered once, edge-triggered: an event means "something came since you last got
// EAGAIN, or less than you asked for". So a request costs no epoll_ctl (as Asio's async_wait would
// on each socket) and no read that finds nothing. See README.md for the figures.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "native/base/file_descriptor.h"

namespace isocache {

class Poller {
 public:
  Poller();  // throws SystemError

  // `tag` must not be null; it comes back in epoll_event::data.ptr. A closed descriptor leaves by
  // itself.
  void add(int fd, std::uint32_t events, void* tag);
  void modify(int fd, std::uint32_t events, void* tag);
  void remove(int fd);
  // Waits until there are events or the time is up; then it returns none. Valid until the next
  // call.
  std::span<const epoll_event> wait(int timeout_ms);

  // Ends the current or the next wait with an event for which is_wake() is true. Any thread.
  void wake();
  static bool is_wake(const epoll_event& event) { return event.data.ptr == nullptr; }
  // Another poller may wait on this descriptor: it is readable while there are events.
  int fd() const { return epoll_.get(); }

 private:
  FileDescriptor epoll_;
  FileDescriptor wake_;  // an eventfd; edge-triggered too, so that nothing has to read it
  std::array<epoll_event, 128> events_;
};

}  // namespace isocache
