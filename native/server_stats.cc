// What the server tells `stats`: process, connections, listeners.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "native/base/socket_address.h"
#include "native/server.h"

namespace isocache {
namespace {

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

// memcached's names, which tools show.
std::string_view state_name(ConnectionInfo::State state) {
  switch (state) {
    case ConnectionInfo::State::kReading: return "conn_read";
    case ConnectionInfo::State::kExecuting: return "conn_parse_cmd";
    case ConnectionInfo::State::kWriting: return "conn_mwrite";
  }
  return "";
}

// What `stats conns` shows of a listener or a connection. By the time it is written the connection
// may have ended.
struct ListedSocket {
  int fd = -1;
  std::optional<ConnectionInfo::State> state = {};  // none: it listens
  UnixSeconds last_active_s = 0;

  void write(UnixSeconds now_s, StatsWriter& stats) const {
    const auto add = [&](std::string_view key, auto value) {
      stats.add(fmt::format("{}:{}", fd, key), value);
    };
    add("addr", std::string_view(state ? peer_address(fd) : local_address(fd)));
    if (state) add("listen_addr", std::string_view(local_address(fd)));
    add("state", state ? state_name(*state) : std::string_view("conn_listening"));
    add("secs_since_last_cmd",
        state ? std::uint64_t{now_s - std::min(now_s, last_active_s)} : std::uint64_t{0});
  }
};

// Of many, the few with the lowest descriptors above a given one.
class LowestDescriptors {
 public:
  explicit LowestDescriptors(int above) : above_(above) {}

  void offer(const ListedSocket& socket) {
    if (socket.fd <= above_) return;
    if (count_ == found_.size()) {
      if (socket.fd > found_.front().fd) return;
      std::ranges::pop_heap(found_, {}, &ListedSocket::fd);
      --count_;
    }
    found_[count_++] = socket;
    std::ranges::push_heap(std::span(found_).first(count_), {}, &ListedSocket::fd);
  }
  bool empty() const { return count_ == 0; }
  std::span<const ListedSocket> sorted() {
    std::ranges::sort_heap(std::span(found_).first(count_), {}, &ListedSocket::fd);
    return std::span(found_).first(count_);
  }

 private:
  int above_;
  std::array<ListedSocket, 32> found_;  // a heap
  std::size_t count_ = 0;
};

}  // namespace

HostStats Server::count_since_start() const {
  HostStats stats;
  stats.total_connections = accept_counters_.accepted.load(std::memory_order_relaxed);
  stats.rejected_connections = accept_counters_.rejected.load(std::memory_order_relaxed);
  stats.listen_disabled_num = accept_counters_.times_paused.load(std::memory_order_relaxed);
  for (const auto& worker : workers_) {
    const WorkerCounters& counters = worker->counters();
    stats.bytes_read += counters.bytes_read.get();
    stats.bytes_written += counters.bytes_written.get();
    stats.conn_yields += counters.yields.get();
    stats.idle_kicks += counters.idle_kicks.get();
    stats.malloc_fails += counters.malloc_fails.get();
    stats.slow_readers_closed += counters.closed_slow_readers.get();
    stats.stalled_uploads_closed += counters.closed_stalled_uploads.get();
  }
  if (tls_) {
    const TlsCounters& tls = tls_->counters();
    stats.tls_new_sessions = tls.new_sessions.load(std::memory_order_relaxed);
    stats.tls_handshake_errors = tls.handshake_errors.load(std::memory_order_relaxed);
    stats.tls_protocol_errors = tls.protocol_errors.load(std::memory_order_relaxed);
  }
  if (http_) http_->add_counters(stats);
  if (passwords_) {
    stats.auth_cmds = passwords_->successes() + passwords_->failures();
    stats.auth_errors = passwords_->failures();
  }
  return stats;
}

void Server::reset_host_counters() { at_reset_ = count_since_start(); }

HostStats Server::host_stats(UnixSeconds now_s) {
  HostStats stats = count_since_start();
  stats.total_connections -= at_reset_.total_connections;
  stats.rejected_connections -= at_reset_.rejected_connections;
  stats.listen_disabled_num -= at_reset_.listen_disabled_num;
  stats.bytes_read -= at_reset_.bytes_read;
  stats.bytes_written -= at_reset_.bytes_written;
  stats.conn_yields -= at_reset_.conn_yields;
  stats.idle_kicks -= at_reset_.idle_kicks;
  stats.malloc_fails -= at_reset_.malloc_fails;
  stats.slow_readers_closed -= at_reset_.slow_readers_closed;
  stats.stalled_uploads_closed -= at_reset_.stalled_uploads_closed;
  stats.tls_new_sessions -= at_reset_.tls_new_sessions;
  stats.tls_handshake_errors -= at_reset_.tls_handshake_errors;
  stats.tls_protocol_errors -= at_reset_.tls_protocol_errors;
  stats.auth_cmds -= at_reset_.auth_cmds;
  stats.auth_errors -= at_reset_.auth_errors;

  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  stats.rusage_user_us = microseconds(usage.ru_utime);
  stats.rusage_system_us = microseconds(usage.ru_stime);
  stats.pid = static_cast<std::uint64_t>(::getpid());
  stats.uptime_s = now_s - started_s_;
  stats.event_library = "epoll";
  stats.current_connections = connection_count();
  stats.connection_structures = stats.current_connections;
  stats.reserved_fds = kReservedDescriptors;
  stats.read_buffers = workers_.size();
  stats.read_buffer_bytes = workers_.size() * Worker::kReadBufferBytes;
  if (tls_) stats.tls_loaded_ago_s = now_s - tls_->loaded_at_s();
  stats.accepting_connections = accept_counters_.accepting.load(std::memory_order_relaxed);
  return stats;
}

void Server::settings_changed(const Settings& settings) { verbosity_.set(settings.verbosity); }

bool Server::write_connections(int* after, StatsWriter& stats) {
  LowestDescriptors lowest(*after);
  for (const Listener& listener : listeners_) lowest.offer({.fd = listener.fd()});
  const auto offer = [&](const ConnectionInfo& connection) {
    lowest.offer({.fd = connection.fd,
                  .state = connection.state(),
                  .last_active_s = connection.last_active_s()});
  };
  for (const auto& worker : workers_) worker->for_each_connection(offer);
  if (http_) http_->for_each_connection(offer);

  const UnixSeconds now_s = clock_.now().clock.now_s;
  for (const ListedSocket& socket : lowest.sorted()) {
    socket.write(now_s, stats);
    *after = socket.fd;
  }
  return !lowest.empty();
}

}  // namespace isocache
