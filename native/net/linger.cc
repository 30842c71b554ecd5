#include "native/net/linger.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "native/base/errors.h"
#include "native/base/socket_queues.h"

namespace isocache {
namespace {

constexpr std::int64_t kCheck_ms = 100;
// How often one socket is read in a row, so that the others get their turn.
constexpr int kReadsInARow = 4;

}  // namespace

void LingeringSockets::add(LeavingSocket leaving, std::int64_t now_ms) {
  Socket& socket = sockets_.emplace_back(Socket{.socket = std::move(leaving.socket),
                                                .unsent = std::move(leaving.unsent),
                                                .began_ms = now_ms,
                                                .delivery = DeliveryWatch(now_ms)});
  socket.self = std::prev(sockets_.end());
  const int fd = socket.socket.get();
  const bool done = leaving.quiet && unread_bytes(fd) == 0 && unacknowledged_bytes(fd) == 0;
  if (!end_our_side(socket) || done || !drop_input(socket, now_ms)) {
    sockets_.pop_back();
    return;
  }
  socket.delivery.look(fd, now_ms);
  const std::uint32_t events = EPOLLIN | (socket.unsent.empty() ? 0U : std::uint32_t{EPOLLOUT});
  try {
    poller_.add(fd, events, &socket);
  } catch (const SystemError&) {  // the kernel cannot watch more sockets for us
    sockets_.pop_back();
    return;
  }
  if (sockets_.size() == 1) timer_at_ms_ = now_ms + kCheck_ms;
  if (sockets_.size() > kMost && !draining_) sockets_.pop_front();
}

// First sends what is left of the goodbye.
bool LingeringSockets::end_our_side(Socket& socket) {
  const int fd = socket.socket.get();
  while (!socket.unsent.empty()) {
    const ssize_t sent = ::send(fd, socket.unsent.data(), socket.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    socket.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  return ::shutdown(fd, SHUT_WR) == 0;
}

bool LingeringSockets::drop_input(Socket& socket, std::int64_t now_ms) {
  for (int i = 0; i < kReadsInARow; ++i) {
    const ssize_t count = ::recv(socket.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    socket.delivery.heard(now_ms);
  }
  return true;
}

void LingeringSockets::on_ready(std::int64_t now_ms) {
  for (const epoll_event& event : poller_.wait(0)) {
    if (Poller::is_wake(event)) continue;
    Socket& socket = *static_cast<Socket*>(event.data.ptr);
    bool lives = true;
    if (!socket.unsent.empty() && (event.events & EPOLLOUT) != 0) {
      lives = end_our_side(socket);
      if (socket.unsent.empty()) poller_.modify(socket.socket.get(), EPOLLIN, &socket);
    }
    if (!lives || !drop_input(socket, now_ms)) sockets_.erase(socket.self);
  }
}

void LingeringSockets::run_timer(std::int64_t now_ms) {
  if (empty() || now_ms < timer_at_ms_) return;
  timer_at_ms_ = now_ms + kCheck_ms;
  sockets_.remove_if([&](Socket& socket) { return is_through(socket, now_ms); });
}

bool LingeringSockets::is_through(Socket& socket, std::int64_t now_ms) const {
  socket.delivery.look(socket.socket.get(), now_ms);
  if (socket.unsent.empty() && socket.delivery.is_quiet(now_ms)) return true;
  if (draining_) return false;
  return now_ms - socket.delivery.progress_ms() >= kStalled_ms ||
         now_ms - socket.began_ms >= kLongest_ms;
}

}  // namespace isocache
