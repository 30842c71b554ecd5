#include "native/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/errors.h"
#include "native/http/reply_fields.h"
#include "native/metrics/pages.h"
#include "native/net/listener_set.h"
#include "native/process/process.h"
#include "native/process/system_call_filter.h"
#include "protocol/replies.h"

namespace isocache {

Server::Server(const Options& options) : options_(options), started_s_(clock_.now().clock.now_s) {
  verbosity_.set(options_.settings.verbosity);
  if (options_.tls.enabled) {
    tls_ = std::make_unique<TlsContext>(options_.tls, started_s_, wants_mutual_tls(options_));
  }
  if (!options_.auth_file.empty()) passwords_ = std::make_unique<PasswordFile>(options_.auth_file);
  listeners_ = open_listeners(options_);
  register_statistics();
  if (tls_) register_tls();
  register_settings();
  register_commands();
  AcceptorOptions acceptor;
  acceptor.max_connections = options_.host.max_connections;
  acceptor.turn_away = options_.host.max_connections_fast;
  acceptor.connection_count = [this] { return connection_count(); };
  acceptor.too_many = [](const Listener& listener, UnixSeconds wall_s) {
    if (listener.serves == Listener::Serves::kHttp) return crowded_answer(wall_s);
    return std::string(reply::kTooManyConnections);
  };
  acceptor.hand_over = [this](FileDescriptor socket, const Listener& listener, bool crowded) {
    hand_over(std::move(socket), listener, crowded);
  };
  acceptor_ = std::make_unique<Acceptor>(std::move(acceptor), clock_, poller_, listeners_,
                                         accept_counters_);
}

Server::~Server() { end_tier(); }

std::vector<LogEntry> Server::banner() const {
  const Settings& settings = options_.settings;
  const unsigned threads = options_.host.threads;
  const unsigned shards = shard_count_for(settings, threads);
  std::vector<LogEntry> entries;
  entries.push_back({.message = fmt::format("isocached {} (protocol of memcached {})",
                                            kIsocacheVersion, kProtocolVersion),
                     .fields = {{"version", std::string(kIsocacheVersion)}}});
  for (const Listener& listener : listeners_) {
    const bool http = listener.serves == Listener::Serves::kHttp;
    entries.push_back(
        {.message = fmt::format("listening {}{}{}", listener.address(), listener.tls ? " tls" : "",
                                http ? " http" : ""),
         .fields = {{"address", listener.address()}, {"tls", listener.tls}, {"http", http}}});
  }
  for (const Listener& listener : listeners_) {
    for (LogEntry& entry : exposure(options_, listener)) entries.push_back(std::move(entry));
  }
  entries.push_back(
      {.message = fmt::format("memory {} MB in {} shard{}, {} thread{}, pid {}",
                              settings.max_bytes >> 20, shards, shards == 1 ? "" : "s", threads,
                              threads == 1 ? "" : "s", ::getpid()),
       .fields = {{"max_bytes", std::uint64_t{settings.max_bytes}},
                  {"shards", std::uint64_t{shards}},
                  {"threads", std::uint64_t{threads}},
                  {"pid", std::uint64_t(::getpid())}}});
  say_tier(entries);
  entries.push_back({.message = "ready"});
  return entries;
}

void Server::start() {
  const Settings& settings = options_.settings;
  const HostSettings& host = options_.host;
  ConnectionEvents& events = *this;
  make_backend();
  allow_watching();
  WorkerOptions worker;
  worker.tier = tier_.get();
  worker.on_thread_start = on_thread_start();
  worker.idle_timeout_s = host.idle_timeout_s;
  worker.request_bytes = host.read_buffer_limit_bytes / host.threads;
  worker.reply_bytes = host.reply_limit_bytes / host.threads;
  worker.measure_turns = serves_http();
  worker.session.requests_per_turn = settings.requests_per_turn;
  worker.session.authenticator = passwords_.get();
  for (unsigned index = 0; index < host.threads; ++index) {
    worker.background_step = [this, index](UnixSeconds now_s) {
      return run_background(index, now_s);
    };
    workers_.push_back(std::make_unique<Worker>(worker, *backend_, clock_, verbosity_, events));
  }
  if (serves_http()) make_http_server();
  if (host.drop_privileges) SystemCallFilter::check_kernel();
  try {
    for (const auto& started : workers_) started->start();
    if (http_) http_->start();
  } catch (const std::system_error& error) {
    end();
    throw SystemError(fmt::format("cannot start the threads: {}", error.what()));
  }
  readiness_ = Readiness::kReady;
}

// The workers share the shards' background work. The first one does the server's.
std::int64_t Server::run_background(unsigned worker, UnixSeconds now_s) {
  constexpr std::int64_t kMore_ms = 1;
  constexpr std::int64_t kIdle_ms = 200;
  bool more = false;
  if (worker == 0) watch_tier();
  for (unsigned shard = worker; shard < backend_->shard_count(); shard += options_.host.threads) {
    more |= backend_->tick(shard, now_s);
  }
  const std::int64_t next_ms = worker == 0 ? deliver_events(kIdle_ms) : kIdle_ms;
  return more ? kMore_ms : next_ms;
}

// Clients may ask for new certificates (refresh_certs), but not for new passwords.
std::function<void()> Server::on_thread_start() const {
  if (!options_.host.drop_privileges) return nullptr;
  const bool reads_files = tls_ != nullptr;
  const bool uses_tier = !options_.tier.files.empty();
  return
      [=] { SystemCallFilter(SystemCallFilter::Thread::kWorker, reads_files, uses_tier).load(); };
}

void Server::drop_privileges() const {
  if (!options_.host.drop_privileges) return;
  SystemCallFilter(SystemCallFilter::Thread::kMain, tls_ != nullptr || passwords_ != nullptr,
                   tier_ != nullptr)
      .load();
}

bool Server::serves_http() const {
  return std::ranges::any_of(listeners_, [](const Listener& listener) {
    return listener.serves == Listener::Serves::kHttp;
  });
}

void Server::make_http_server() {
  const Settings& settings = options_.settings;
  HttpServerOptions http;
  http.on_thread_start = on_thread_start();
  http.tier = tier_.get();
  http.http = options_.http;
  http.threads = options_.host.threads;
  http.idle_timeout_s = options_.host.idle_timeout_s;
  http.max_item_bytes = settings.max_item_bytes;
  http.session.requests_per_turn = settings.requests_per_turn;
  http.session.authenticator = passwords_.get();
  http.session.protocols = options_.protocols;
  if (options_.http.prefix_metrics != 0) {
    prefix_metrics_ = std::make_unique<PrefixMetrics>(*backend_, options_.http.prefix_metrics);
  }
  HttpPages pages;
  pages.metrics = [this] {
    PageFigures figures{
        .memcached_turns =
            [this](const HistogramVisitor& visit) {
              for (const auto& worker : workers_) visit(worker->turn_latency());
            },
        .websocket_turns =
            [this](const HistogramVisitor& visit) { http_->for_each_turn_latency(visit); },
        .flash_reads = nullptr,
        .slab_metrics = options_.http.slab_metrics,
        .prefixes = prefix_metrics_.get()};
    if (tier_ != nullptr) {
      figures.flash_reads = [this](const HistogramVisitor& visit) {
        tier_->for_each_read_latency(visit);
      };
    }
    return metrics_text(*backend_, figures, clock_.now().clock);
  };
  if (options_.http.playground) pages.playground = built_in_playground();
  pages.stats_json = [this] { return stats_json(*backend_, clock_.now().clock); };
  ConnectionEvents& events = *this;
  http_ = std::make_unique<HttpServer>(http, *backend_, std::move(pages), readiness_, tls_.get(),
                                       passwords_.get(), clock_, verbosity_, events);
}

void Server::hand_over(FileDescriptor socket, const Listener& listener, bool crowded) {
  auto tls = listener.tls ? tls_->current(listener.mutual_tls) : nullptr;
  if (listener.serves == Listener::Serves::kHttp) {
    http_->adopt(std::move(socket), std::move(tls), crowded);
  } else {
    least_loaded_worker().adopt(std::move(socket), std::move(tls), listener.protocols);
  }
}

unsigned Server::connection_count() const {
  unsigned count = 0;
  for (const auto& worker : workers_) count += worker->connection_count();
  return count + (http_ ? http_->connection_count() : 0);
}

unsigned Server::lingering_count() const {
  unsigned count = 0;
  for (const auto& worker : workers_) count += worker->lingering_count();
  return count;
}

// Takes turns among the workers with equally few connections.
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

}  // namespace isocache
