#include "native/server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <utility>

#include "native/errors.h"
#include "native/http/pages.h"
#include "native/process.h"
#include "native/text.h"

namespace isocache {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kNoTlsPrefix = "notls:";
constexpr std::string_view kTooManyConnections = "ERROR Too many open connections\r\n";
// When the process or the system is out of descriptors: try again after this, or when one is freed.
constexpr std::chrono::milliseconds kRetryAccept{100};

// "address:port", or a port of the loopback interface.
Endpoint http_endpoint(std::string_view text) {
  constexpr unsigned kNoPort = 65536;
  Endpoint endpoint{"127.0.0.1", kNoPort};
  if (!parse_number(text, endpoint.port)) endpoint = parse_endpoint(text, kNoPort);
  if (endpoint.port >= kNoPort) {
    throw UsageError(fmt::format("--http: address:port or a port, not '{}'", text));
  }
  return endpoint;
}

}  // namespace

struct Server::Loop {
  asio::io_context context{1};
  asio::signal_set signals{context, SIGTERM, SIGINT, SIGUSR1};
  asio::steady_timer retry{context};
  // The listeners' sockets, watched but not owned.
  std::vector<asio::posix::stream_descriptor> acceptors;

  ~Loop() {
    for (auto& acceptor : acceptors) acceptor.release();
  }
};

Server::Server(const Options& options)
    : options_(options), started_s_(clock_.now().unix_s), loop_(std::make_unique<Loop>()) {
  verbosity_.set(options_.settings.verbosity);
  if (options_.tls.enabled) tls_ = std::make_unique<TlsContext>(options_.tls, started_s_);
  if (!options_.auth_file.empty()) passwords_ = std::make_unique<PasswordFile>(options_.auth_file);
  options_.settings.tls_enabled = options_.tls.enabled;
  options_.settings.auth_enabled = !options_.auth_file.empty();
  open_listeners();
  for (const Listener& listener : listeners_) {
    loop_->acceptors.emplace_back(loop_->context, listener.fd());
  }
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
    for (std::string_view address : options_.listen) {
      const bool tls = options_.tls.enabled && !address.starts_with(kNoTlsPrefix);
      if (address.starts_with(kNoTlsPrefix)) address.remove_prefix(kNoTlsPrefix.size());
      open_listener(parse_endpoint(address, options_.port), Listener::Serves::kMemcached, tls);
    }
  }
  for (const std::string& address : options_.http.listen) {
    open_listener(http_endpoint(address), Listener::Serves::kHttp, options_.tls.enabled);
  }
  for (const Listener& listener : listeners_) {
    if (listener.serves == Listener::Serves::kMemcached && settings.tcp_port == 0) {
      settings.tcp_port = listener.port();
    }
  }
  for (const std::string& address : options_.listen) {
    settings.interface += (settings.interface.empty() ? "" : ",") + address;
  }
  if (options_.listen.empty()) settings.interface = "127.0.0.1";
}

void Server::open_listener(const Endpoint& endpoint, Listener::Serves serves, bool tls) {
  for (Listener& listener : listen_tcp(endpoint, options_.settings.tcp_backlog)) {
    listener.serves = serves;
    listener.tls = tls;
    listeners_.push_back(std::move(listener));
  }
}

// "localhost" is one or the other to a client. A host without IPv6 is no error.
void Server::listen_on_loopback() {
  const unsigned backlog = options_.settings.tcp_backlog;
  listeners_.push_back(std::move(listen_tcp({"127.0.0.1", options_.port}, backlog).front()));
  try {
    listeners_.push_back(std::move(listen_tcp({"::1", listeners_.back().port()}, backlog).front()));
  } catch (const SystemError& error) {
    if (verbosity_.notes()) log_line(error.what());
  }
  for (Listener& listener : listeners_) listener.tls = options_.tls.enabled && listener.port() != 0;
}

std::string Server::banner() const {
  const Settings& settings = options_.settings;
  std::string text =
      fmt::format("isocached {} (protocol of memcached {})\n", kIsocacheVersion, kProtocolVersion);
  for (const Listener& listener : listeners_)
    text += fmt::format("listening {}{}{}\n", listener.address(), listener.tls ? " tls" : "",
                        listener.serves == Listener::Serves::kHttp ? " http" : "");
  text +=
      fmt::format("memory {} MB in {} shards, {} threads, pid {}\nready", settings.max_bytes >> 20,
                  shard_count_for(settings), settings.threads, ::getpid());
  return text;
}

void Server::start() {
  const Settings& settings = options_.settings;
  HostFigures* const figures = this;
  WorkerEvents& events = *this;
  backend_ =
      std::make_unique<ShardedBackend>(settings, random_seed(), options_.huge_pages, figures);
  WorkerOptions worker;
  worker.threads = settings.threads;
  worker.idle_timeout_s = settings.idle_timeout_s;
  worker.measure_turns = !options_.http.listen.empty();
  worker.session.requests_per_turn = settings.requests_per_turn;
  worker.session.authenticator = passwords_.get();
  for (; worker.index < worker.threads; ++worker.index) {
    workers_.push_back(std::make_unique<Worker>(worker, *backend_, clock_, verbosity_, events));
  }
  if (!options_.http.listen.empty()) make_http_server();
  for (const auto& started : workers_) started->start();
  if (http_) http_->start();
  readiness_ = Readiness::kReady;
}

void Server::make_http_server() {
  const Settings& settings = options_.settings;
  HttpServerOptions http;
  http.http = options_.http;
  http.threads = settings.threads;
  http.idle_timeout_s = settings.idle_timeout_s;
  http.max_item_bytes = settings.max_item_bytes;
  http.session.requests_per_turn = settings.requests_per_turn;
  http.session.authenticator = passwords_.get();
  HttpPages pages;
  pages.metrics = [this] {
    return metrics_text(*backend_, {[this](const auto& visit) {
      for (const auto& worker : workers_) visit(worker->turn_latency());
    }},
                        clock_.now().unix_s);
  };
  pages.stats_json = [this] { return stats_json(*backend_, clock_.now().unix_s); };
  WorkerEvents& events = *this;
  http_ = std::make_unique<HttpServer>(http, *backend_, std::move(pages), readiness_, tls_.get(),
                                       passwords_.get(), clock_, verbosity_, events);
}

void Server::run() {
  loop_->signals.async_wait([this](boost::system::error_code error, int) {
    if (!error) loop_->context.stop();
  });
  for (std::size_t listener = 0; listener < listeners_.size(); ++listener) watch(listener);
  loop_->context.run();
  stop();
}

void Server::stop() {
  // Refuses new clients at once; the list itself may still be read by `stats conns`.
  for (const Listener& listener : listeners_) ::shutdown(listener.fd(), SHUT_RDWR);
  for (const auto& worker : workers_) worker->stop();
  if (http_) http_->stop();
  for (const auto& worker : workers_) worker->join();
  if (http_) http_->join();
  http_.reset();
  workers_.clear();
  loop_.reset();
  listeners_.clear();
}

void Server::watch(std::size_t listener) {
  loop_->acceptors[listener].async_wait(asio::posix::stream_descriptor::wait_read,
                                        [this, listener](boost::system::error_code error) {
                                          if (error) return;
                                          accept_all(listeners_[listener]);
                                          if (accepting_) watch(listener);
                                        });
}

void Server::accept_all(const Listener& listener) {
  while (accepting_) {
    if (!options_.settings.max_connections_fast &&
        connection_count() >= options_.settings.max_connections) {
      return pause_accepting();
    }
    FileDescriptor socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log_line("out of descriptors or memory: new connections wait");
        pause_accepting();
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    total_connections_.fetch_add(1, std::memory_order_relaxed);
    if (connection_count() >= options_.settings.max_connections) {
      refuse(std::move(socket));
    } else {
      hand_over(std::move(socket), listener);
    }
  }
}

void Server::hand_over(FileDescriptor socket, const Listener& listener) {
  if (listener.serves == Listener::Serves::kHttp) return http_->adopt(std::move(socket), listener.tls ? tls_->current() : nullptr);
  least_loaded_worker().adopt(std::move(socket), listener.tls ? tls_->current() : nullptr);
}

// Until a connection is closed; in case the descriptors are others', for a moment at most.
void Server::pause_accepting() {
  if (!accepting_.exchange(false)) return;
  times_not_accepting_.fetch_add(1, std::memory_order_relaxed);
  for (auto& acceptor : loop_->acceptors) acceptor.cancel();
  retry_accepting();
}

void Server::retry_accepting() {
  loop_->retry.expires_after(kRetryAccept);
  loop_->retry.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (connection_count() >= options_.settings.max_connections) return retry_accepting();
    resume_accepting();
  });
}

void Server::resume_accepting() {
  if (accepting_.exchange(true)) return;
  loop_->retry.cancel();
  for (std::size_t listener = 0; listener < listeners_.size(); ++listener) watch(listener);
}

void Server::refuse(FileDescriptor socket) {
  rejected_connections_.fetch_add(1, std::memory_order_relaxed);
  [[maybe_unused]] const auto sent =
      ::send(socket.get(), kTooManyConnections.data(), kTooManyConnections.size(), MSG_NOSIGNAL);
}

unsigned Server::connection_count() const {
  unsigned count = 0;
  for (const auto& worker : workers_) count += worker->connection_count();
  return count + (http_ ? http_->connection_count() : 0);
}

// In turn among those with equally few.
Worker& Server::least_loaded_worker() {
  std::size_t best = next_worker_;
  for (std::size_t step = 1; step < workers_.size(); ++step) {
    const std::size_t candidate = (next_worker_ + step) % workers_.size();
    if (workers_[candidate]->connection_count() < workers_[best]->connection_count())
      best = candidate;
  }
  next_worker_ = (best + 1) % workers_.size();
  return *workers_[best];
}

void Server::on_connection_closed() {
  if (accepting_.load(std::memory_order_relaxed)) return;
  asio::post(loop_->context, [this] { resume_accepting(); });
}

void Server::on_stop_requested(bool /*graceful*/) { loop_->context.stop(); }

}  // namespace isocache
