// One thread's set of descriptors to wait on: epoll.
//
// Connections are edge-triggered and registered once: an event means "something came since you last
// got EAGAIN (or less than you asked for)". So a request costs no epoll_ctl and no read that finds
// nothing. Asio's public interface always pays one of the two; see README.md for the figures.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "native/file_descriptor.h"

namespace isocache {

class Poller {
 public:
  static constexpr int kForever = -1;

  Poller();  // throws SystemError

  // `tag` comes back in epoll_event::data.ptr.
  void add(int fd, std::uint32_t events, void* tag);
  void modify(int fd, std::uint32_t events, void* tag);
  void remove(int fd);
  // The events that are there, after at most timeout_ms. Valid until the next call.
  std::span<const epoll_event> wait(int timeout_ms);

 private:
  FileDescriptor epoll_;
  std::array<epoll_event, 128> events_;
};

// Wakes a poller from another thread: an eventfd, registered with a tag.
class Wakeup {
 public:
  Wakeup();  // throws SystemError
  int fd() const { return event_.get(); }
  void signal();
  void drain();

 private:
  FileDescriptor event_;
};

}  // namespace isocache
