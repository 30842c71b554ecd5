#include "native/net/acceptor.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "native/base/log.h"

namespace isocache {
namespace {

constexpr int kClientsPerEvent = 64;
// How long to wait when the process or the system is out of descriptors: others may free some.
constexpr std::int64_t kRetry_ms = 100;

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(AcceptorOptions options, const HostClock& clock, Poller& poller,
                   std::span<Listener> listeners, AcceptCounters& counters)
    : options_(std::move(options)),
      clock_(clock),
      poller_(poller),
      listeners_(listeners),
      counters_(counters) {}

// Level-triggered: a client that this event leaves waiting is reported by the next one.
void Acceptor::start() {
  for (Listener& listener : listeners_) poller_.add(listener.fd(), EPOLLIN, &listener);
  started_ = true;
}

void Acceptor::watch(Listener& listener, std::uint32_t events) {
  poller_.modify(listener.fd(), events, &listener);
}

void Acceptor::on_event(const epoll_event& event) {
  const Listener& listener = *static_cast<const Listener*>(event.data.ptr);
  for (int i = 0; i < kClientsPerEvent && !stopped_; ++i) {
    if (!accept_one(listener)) return;
  }
}

// Returns false when no client waits, or when none can be taken.
bool Acceptor::accept_one(const Listener& listener) {
  if (!options_.turn_away && !has_room_for(listener)) {
    pause();
    return false;
  }
  FileDescriptor socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    if (!out_of_resources(errno)) return errno == EINTR || errno == ECONNABORTED;
    if (!std::exchange(out_of_resources_, true)) {
      log_line("out of descriptors or memory: new connections wait", LogLevel::kWarning);
    }
    pause();
    return false;
  }
  out_of_resources_ = false;
  counters_.accepted.fetch_add(1, std::memory_order_relaxed);
  try {
    if (has_room_for(listener)) {
      options_.hand_over(std::move(socket), listener, is_full());
    } else {
      turn_away(std::move(socket), listener);
    }
  } catch (const std::bad_alloc&) {  // this client is dropped, the others are served
    counters_.rejected.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

bool Acceptor::has_room_for(const Listener& listener) const {
  const unsigned reserve = listener.serves == Listener::Serves::kHttp ? kHttpReserve : 0;
  return options_.connection_count() < options_.max_connections + reserve;
}

void Acceptor::turn_away(FileDescriptor socket, const Listener& listener) {
  counters_.rejected.fetch_add(1, std::memory_order_relaxed);
  if (listener.tls) return;  // without a handshake there is no way to tell it anything
  const std::string text = options_.too_many(listener, clock_.now().clock.wall_s());
  [[maybe_unused]] const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  // Closing a socket with unread bytes resets the connection. The client may then not see the
  // message.
  ::shutdown(socket.get(), SHUT_WR);
  std::array<char, 4096> unread;
  [[maybe_unused]] const auto dropped = ::recv(socket.get(), unread.data(), unread.size(), 0);
}

// Accepting pauses until a connection is closed. If other processes hold the descriptors, it pauses
// for a moment at most.
void Acceptor::pause() {
  if (!paused()) counters_.times_paused.fetch_add(1, std::memory_order_relaxed);
  counters_.accepting = false;
  retry_at_ms_ = clock_.now().monotonic_ms + kRetry_ms;
  for (Listener& listener : listeners_) {
    if (out_of_resources_ || !has_room_for(listener)) watch(listener, 0);
  }
}

void Acceptor::resume() {
  if (!paused() || stopped_) return;
  counters_.accepting = true;
  for (Listener& listener : listeners_) watch(listener, EPOLLIN);
}

std::int64_t Acceptor::timer_at_ms() const {
  return paused() && !stopped_ ? retry_at_ms_ : std::numeric_limits<std::int64_t>::max();
}

void Acceptor::run_timer(std::int64_t now_ms) {
  if (now_ms < timer_at_ms()) return;
  retry_at_ms_ = now_ms + kRetry_ms;
  if (!is_full()) resume();
}

void Acceptor::stop() {
  if (stopped_) return;
  stopped_ = true;
  for (Listener& listener : listeners_) {
    // A socket that no longer listens would report that for ever. Edge-triggered, it reports it
    // once.
    if (started_) watch(listener, EPOLLET);
    listener.stop_listening();
  }
}

}  // namespace isocache
