// What the server does for the command `watch`: it tells of clients that come and go, and counts.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "native/server.h"

namespace isocache {
namespace {

// As memcached names a client: its address without brackets, or "unix".
void note_client(ShardedWatch& watch, Event event, int fd) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::string_view address = "unknown";
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  event.transport = EventTransport::kTcp;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0) {
    if (peer.ss_family == AF_UNIX) {
      event.transport = EventTransport::kLocal;
      address = "unix";
    } else if (peer.ss_family == AF_INET) {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
      event.port = ntohs(v4.sin_port);
      address = ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
      event.port = ntohs(v6.sin6_port);
      address = ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  event.client = fd;
  watch.note(event, address);
}

}  // namespace

void Server::allow_watching() {
  backend_->allow_watching({.buffer_bytes = options_.host.worker_logbuf_bytes,
                            .queue_bytes = options_.host.watcher_logbuf_bytes,
                            .on_begin = [this] { workers_.front()->step_soon(); }});
}

// Lines are written in at most a fortieth of a thread's time. What comes faster than that is
// dropped when a shard's buffer is full, and the watchers are told.
std::int64_t Server::deliver_events(std::int64_t most_ms) {
  using Time = std::chrono::steady_clock;
  using std::chrono::milliseconds;
  constexpr milliseconds kSoon(5);
  constexpr int kShare = 40;
  const auto ms_until = [&](Time::time_point time) {
    const auto left = std::chrono::ceil<milliseconds>(time - Time::now()).count();
    return std::clamp<std::int64_t>(left, 1, most_ms);
  };
  const Time::time_point begin = Time::now();
  if (begin < next_delivery_) return ms_until(next_delivery_);
  if (!backend_->watch()->deliver()) return most_ms;
  const Time::duration taken = Time::now() - begin;
  next_delivery_ = begin + std::clamp<Time::duration>(kShare * taken, kSoon, milliseconds(most_ms));
  return ms_until(next_delivery_);
}

void Server::register_watch_statistics() {
  const auto figure = [this](std::uint64_t WatchFigures::*field) {
    return [this, field] { return backend_->watch()->figures().*field; };
  };
  registry_.counter("log_worker_dropped", figure(&WatchFigures::dropped));
  registry_.counter("log_worker_written", figure(&WatchFigures::written));
  registry_.counter("log_watcher_skipped", figure(&WatchFigures::skipped));
  registry_.counter("log_watcher_sent", figure(&WatchFigures::sent));
  registry_.gauge("log_watchers", [this] { return std::uint64_t{backend_->watch()->count()}; });
}

void Server::on_client(int fd) {
  if (!backend_->watch()->watches_connections()) return;
  Event event;
  event.type = EventType::kConnectionNew;
  note_client(*backend_->watch(), event, fd);
}

void Server::on_client_ends(int fd, EventClose why) {
  if (!backend_->watch()->watches_connections()) return;
  Event event;
  event.type = EventType::kConnectionClose;
  event.status = static_cast<std::uint8_t>(why);
  note_client(*backend_->watch(), event, fd);
}

}  // namespace isocache
