#include "native/server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "native/errors.h"

namespace isocache {
namespace {

constexpr std::string_view kTooManyConnections = "ERROR Too many open connections\r\n";
// When the process or the system is out of descriptors: try again after this, or when one is freed.
constexpr int kRetryAcceptMs = 100;

}  // namespace

Server::Server(const Options& options, StopSignals& signals)
    : options_(options), signals_(signals), started_s_(clock_.now().unix_s) {
  verbosity_.set(options_.settings.verbosity);
  open_listeners();
  poller_.add(signals_.fd(), EPOLLIN, &signals_);
  poller_.add(wakeup_.fd(), EPOLLIN, &wakeup_);
}

Server::~Server() = default;

void Server::open_listeners() {
  Settings& settings = options_.settings;
  settings.unix_socket = options_.unix_socket;
  if (!options_.unix_socket.empty()) {
    listeners_.push_back(
        listen_unix(options_.unix_socket, settings.unix_socket_mode, settings.tcp_backlog));
  }
  if (options_.unix_socket.empty() || options_.tcp_asked) {
    if (options_.listen.empty()) listen_on_loopback();
    for (const std::string& address : options_.listen) {
      const Endpoint endpoint = parse_endpoint(address, options_.port);
      for (Listener& listener : listen_tcp(endpoint, settings.tcp_backlog)) {
        listeners_.push_back(std::move(listener));
      }
    }
  }
  for (const Listener& listener : listeners_) {
    if (settings.tcp_port == 0) settings.tcp_port = listener.port();
  }
  for (const std::string& address : options_.listen) {
    settings.interface += (settings.interface.empty() ? "" : ",") + address;
  }
  if (options_.listen.empty()) settings.interface = "127.0.0.1";
}

// "localhost" is one or the other to a client. A host without IPv6 is no error.
void Server::listen_on_loopback() {
  const unsigned backlog = options_.settings.tcp_backlog;
  listeners_.push_back(std::move(listen_tcp({"127.0.0.1", options_.port}, backlog).front()));
  try {
    listeners_.push_back(
        std::move(listen_tcp({"::1", listeners_.back().port()}, backlog).front()));
  } catch (const SystemError& error) {
    if (verbosity_.notes()) log_line(error.what());
  }
}

std::string Server::banner() const {
  const Settings& settings = options_.settings;
  std::string text = fmt::format("isocached {} (protocol of memcached {})\n", kIsocacheVersion,
                                 kProtocolVersion);
  for (const Listener& listener : listeners_) text += fmt::format("listening {}\n", listener.address());
  text += fmt::format("memory {} MB in {} shards, {} threads, pid {}\nready", settings.max_bytes >> 20,
                      shard_count_for(settings), settings.threads, ::getpid());
  return text;
}

void Server::start() {
  const Settings& settings = options_.settings;
  HostFigures* const figures = this;
  WorkerEvents& events = *this;
  backend_ = std::make_unique<ShardedBackend>(settings, random_seed(), options_.huge_pages, figures);
  WorkerOptions worker;
  worker.threads = settings.threads;
  worker.idle_timeout_s = settings.idle_timeout_s;
  worker.session.requests_per_turn = settings.requests_per_turn;
  for (; worker.index < worker.threads; ++worker.index) {
    workers_.push_back(std::make_unique<Worker>(worker, *backend_, clock_, verbosity_, events));
  }
  for (const auto& started : workers_) started->start();
}

void Server::run() {
  watch_listeners(true);
  while (!stopping_) {
    const auto events = poller_.wait(accepting_ ? Poller::kForever : kRetryAcceptMs);
    if (!accepting_ && connection_count() < options_.settings.max_connections) {
      watch_listeners(true);
    }
    for (const epoll_event& event : events) handle(event);
  }
  stop();
}

void Server::stop() {
  // Refuses new clients at once; the list itself may still be read by `stats conns`.
  for (const Listener& listener : listeners_) ::shutdown(listener.fd(), SHUT_RDWR);
  for (const auto& worker : workers_) worker->stop();
  for (const auto& worker : workers_) worker->join();
  workers_.clear();
  listeners_.clear();
}

void Server::handle(const epoll_event& event) {
  if (event.data.ptr == &signals_) {
    stopping_ |= signals_.take() != 0;
  } else if (event.data.ptr == &wakeup_) {
    wakeup_.drain();
    stopping_ |= stop_asked_.load();
  } else {
    accept_all(*static_cast<const Listener*>(event.data.ptr));
  }
}

void Server::accept_all(const Listener& listener) {
  while (accepting_) {
    if (!options_.settings.max_connections_fast &&
        connection_count() >= options_.settings.max_connections) {
      return watch_listeners(false);
    }
    FileDescriptor socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log_line("out of descriptors or memory: new connections wait");
        watch_listeners(false);
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    total_connections_.fetch_add(1, std::memory_order_relaxed);
    if (connection_count() >= options_.settings.max_connections) {
      refuse(std::move(socket));
    } else {
      least_loaded_worker().adopt(std::move(socket));
    }
  }
}

void Server::refuse(FileDescriptor socket) {
  rejected_connections_.fetch_add(1, std::memory_order_relaxed);
  [[maybe_unused]] const auto sent =
      ::send(socket.get(), kTooManyConnections.data(), kTooManyConnections.size(), MSG_NOSIGNAL);
}

void Server::watch_listeners(bool watch) {
  for (Listener& listener : listeners_) {
    if (watch) {
      poller_.add(listener.fd(), EPOLLIN, &listener);
    } else {
      poller_.remove(listener.fd());
    }
  }
  accepting_ = watch;
  if (!watch) times_not_accepting_.fetch_add(1, std::memory_order_relaxed);
}

unsigned Server::connection_count() const {
  unsigned count = 0;
  for (const auto& worker : workers_) count += worker->connection_count();
  return count;
}

// In turn among those with equally few.
Worker& Server::least_loaded_worker() {
  std::size_t best = next_worker_;
  for (std::size_t step = 1; step < workers_.size(); ++step) {
    const std::size_t candidate = (next_worker_ + step) % workers_.size();
    if (workers_[candidate]->connection_count() < workers_[best]->connection_count()) best = candidate;
  }
  next_worker_ = (best + 1) % workers_.size();
  return *workers_[best];
}

void Server::on_connection_closed() {
  if (!accepting_.load(std::memory_order_relaxed)) wakeup_.signal();
}

void Server::on_stop_requested(bool /*graceful*/) {
  stop_asked_ = true;
  wakeup_.signal();
}

}  // namespace isocache
