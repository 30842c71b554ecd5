#include "native/http/http_server.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "native/http/http_connection.h"
#include "native/http/http_host.h"
#include "native/process/memory_trim.h"

namespace isocache {
namespace {

std::string what(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown error";
  }
}

// A thread with its connections. Other threads post to it; the table, the count and the counters
// they may read.
class HttpLoop {
 public:
  explicit HttpLoop(const HttpShared& shared)
      : host_(shared, context_.get_executor()), sweep_(context_.get_executor()) {}

  void start() {
    thread_ = std::thread([this] {
      if (host_.options.on_thread_start) host_.options.on_thread_start();
      context_.run();
    });
  }
  void adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls, bool crowded);
  void drain();
  void stop();
  bool answered();
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  const WorkerCounters& counters() const { return host_.counters; }
  const LatencyHistogram& turn_latency() const { return host_.turn_latency; }
  unsigned connection_count() const { return connection_count_.load(std::memory_order_relaxed); }
  void for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const;

 private:
  using Table = std::list<HttpConnection>;

  void open(FileDescriptor socket, const std::shared_ptr<SSL_CTX>& tls, bool crowded);
  void finish(Table::iterator connection, const std::exception_ptr& error);
  void leave();
  void watch_time();

  asio::io_context context_{1};
  HttpHost host_;
  asio::executor_work_guard<Executor> work_{context_.get_executor()};  // until stop()
  Timer sweep_;
  bool stopped_ = false;
  bool sweeping_ = false;  // while there are connections, and once behind the last
  MemoryTrim memory_trim_;
  std::atomic<bool> answered_{true};  // what answered() asked last
  mutable std::mutex table_mutex_;
  Table table_;                                // changed by this thread, under table_mutex_
  std::atomic<unsigned> connection_count_{0};  // adopted and not yet closed
  std::thread thread_;
};

void HttpLoop::adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls, bool crowded) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  asio::post(context_, [this, crowded, socket = std::move(socket), tls = std::move(tls)]() mutable {
    open(std::move(socket), tls, crowded);
  });
}

void HttpLoop::drain() {
  asio::post(context_, [this] {
    host_.draining = true;
    sweep_.cancel();  // so that the next is soon
    // Behind what the sockets have given already: a connection cannot see it before its turn.
    asio::post(context_, [this] {
      if (stopped_) return;
      for (HttpConnection& connection : table_) connection.drain();
    });
  });
}

void HttpLoop::stop() {
  asio::post(context_, [this] {
    host_.draining = true;
    stopped_ = true;
    for (HttpConnection& connection : table_) connection.close();
    work_.reset();
    sweep_.cancel();
  });
}

// Since it was last asked; asks again.
bool HttpLoop::answered() {
  if (!answered_.exchange(false)) return false;
  asio::post(context_, [this] { answered_ = true; });
  return true;
}

void HttpLoop::for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const {
  const std::lock_guard lock(table_mutex_);
  for (const HttpConnection& connection : table_) visit(connection.info());
}

void HttpLoop::open(FileDescriptor socket, const std::shared_ptr<SSL_CTX>& tls, bool crowded) {
  if (host_.draining) return leave();
  host_.clock = host_.host_clock.now().clock;
  try {
    Table opened;
    opened.emplace_back(context_, std::move(socket), tls, crowded, host_);
    const std::lock_guard lock(table_mutex_);
    table_.splice(table_.begin(), opened);
  } catch (const std::exception& error) {  // the kernel watches no more sockets for us
    log_line(error.what());
    return leave();
  }
  const auto connection = table_.begin();
  asio::co_spawn(
      context_.get_executor(), connection->run(),
      [this, connection](const std::exception_ptr& error) { finish(connection, error); });
  if (!sweeping_) watch_time();
}

void HttpLoop::finish(Table::iterator connection, const std::exception_ptr& error) {
  if (error) log_line(fmt::format("http connection {}: {}", connection->info().fd, what(error)));
  Table leaving;  // it may have to lock shards, when it goes
  {
    const std::lock_guard lock(table_mutex_);
    leaving.splice(leaving.begin(), table_, connection);
  }
  leaving.clear();
  memory_trim_.note_closing();
  leave();
}

void HttpLoop::leave() {
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
  host_.events.on_connection_closed();
}

void HttpLoop::watch_time() {
  sweeping_ = true;
  const HttpTimes& times = host_.options.times;
  sweep_.expires_after(std::chrono::milliseconds(
      host_.draining ? std::min(times.drain_sweep, times.sweep) : times.sweep));
  sweep_.async_wait([this](beast::error_code) {
    sweeping_ = false;
    if (stopped_) return;
    const HostClock::Now now = host_.host_clock.now();
    host_.clock = now.clock;
    for (HttpConnection& connection : table_) connection.tick(now.monotonic_ms);
    memory_trim_.run(now.monotonic_ms);
    if (!table_.empty()) watch_time();
  });
}

}  // namespace

struct HttpServer::Impl {
  HttpServerOptions options;
  HttpPages pages;
  std::vector<std::unique_ptr<HttpLoop>> loops;
};

HttpServer::HttpServer(const HttpServerOptions& options, Backend& backend, HttpPages pages,
                       const std::atomic<Readiness>& readiness, TlsContext* tls,
                       const Authenticator* passwords, const HostClock& clock,
                       const Verbosity& verbosity, WorkerEvents& events)
    : impl_(new Impl{options, std::move(pages), {}}) {
  const HttpShared shared{.options = impl_->options,
                          .backend = backend,
                          .site = {impl_->pages, readiness, passwords},
                          .tls_counters = tls == nullptr ? nullptr : &tls->counters(),
                          .host_clock = clock,
                          .verbosity = verbosity,
                          .events = events};
  for (unsigned i = 0; i < options.threads; ++i) {
    impl_->loops.push_back(std::make_unique<HttpLoop>(shared));
  }
}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  for (const auto& loop : impl_->loops) loop->start();
}

void HttpServer::adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls, bool crowded) {
  const auto fewest = std::ranges::min_element(
      impl_->loops, {}, [](const auto& loop) { return loop->connection_count(); });
  (*fewest)->adopt(std::move(socket), std::move(tls), crowded);
}

void HttpServer::drain() {
  for (const auto& loop : impl_->loops) loop->drain();
}

void HttpServer::stop() {
  for (const auto& loop : impl_->loops) loop->stop();
}

bool HttpServer::alive() {
  bool all = true;
  for (const auto& loop : impl_->loops) all &= loop->answered();
  return all;
}

void HttpServer::join() {
  for (const auto& loop : impl_->loops) loop->join();
}

std::uint64_t HttpServer::sum_of(WorkerCounter counter) const {
  std::uint64_t sum = 0;
  for (const auto& loop : impl_->loops) sum += (loop->counters().*counter).get();
  return sum;
}

void HttpServer::for_each_turn_latency(
    const std::function<void(const LatencyHistogram&)>& visit) const {
  for (const auto& loop : impl_->loops) visit(loop->turn_latency());
}

unsigned HttpServer::connection_count() const {
  unsigned count = 0;
  for (const auto& loop : impl_->loops) count += loop->connection_count();
  return count;
}

void HttpServer::for_each_connection(
    const std::function<void(const ConnectionInfo&)>& visit) const {
  for (const auto& loop : impl_->loops) loop->for_each_connection(visit);
}

}  // namespace isocache
