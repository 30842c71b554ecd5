#include "native/http/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "native/base/errors.h"
#include "native/connection/connection_table.h"
#include "native/connection/inbox.h"
#include "native/http/http_connection.h"
#include "native/http/http_host.h"
#include "native/process/memory_trim.h"
#include "native/tier/tier_thread.h"

namespace isocache {
namespace {

// A drain has no limit here: the server says when the drain is over.
constexpr std::int64_t kNoLimit_ms = std::numeric_limits<std::int64_t>::max();

// A thread with its connections. Other threads may leave notes in its inbox, read its counters, and
// read the parts of its table that allow it.
class HttpLoop {
 public:
  explicit HttpLoop(const HttpShared& shared)
      : host_(shared, context_.get_executor(), inbox_),
        sweep_(context_.get_executor()),
        tier_(shared.options.tier),
        tier_ready_(context_.get_executor()) {}

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void adopt(Newcomer newcomer);
  // Answers the requests that have begun, and no others. Zero: closes everything at once.
  void end(std::int64_t grace_ms);
  bool answered();
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  const WorkerCounters& counters() const { return host_.counters; }
  const LatencyHistogram& turn_latency() const { return host_.turn_latency; }
  unsigned connection_count() const { return table_.count(); }
  void for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const {
    table_.for_each_info(visit);
  }

 private:
  // Is called when a connection's coroutine ends. If memory runs out in an operation that the
  // coroutine waits for, it may be destroyed instead, and this with it.
  class AtEnd {
   public:
    AtEnd(HttpLoop& loop, HttpConnection& connection) : loop_(&loop), connection_(connection) {}
    AtEnd(AtEnd&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), connection_(other.connection_) {}
    AtEnd& operator=(AtEnd&&) = delete;
    ~AtEnd() {
      if (loop_ == nullptr) return;
      loop_->host_.counters.malloc_fails.add(1);
      connection_.close();
      loop_->finish(connection_);
    }
    void operator()(const std::exception_ptr& error) {
      HttpLoop& loop = *std::exchange(loop_, nullptr);
      if (error) {
        loop.note_failure(connection_, error);
        connection_.close();
      }
      loop.finish(connection_);
    }

   private:
    HttpLoop* loop_;  // null: it was called
    HttpConnection& connection_;
  };

  void run();
  bool run_events();
  void open_tier();
  void wait_for_tier();
  template <typename Step>
  void try_with(HttpConnection& connection, Step&& step);
  void read_inbox();
  void open(Newcomer newcomer);
  void serve(HttpConnection& connection);
  void finish(HttpConnection& connection);
  void remove(HttpConnection& connection);
  void note_failure(HttpConnection& connection, const std::exception_ptr& error);
  void drain();
  void stop();
  void watch_time();

  asio::io_context context_{1};
  Inbox inbox_{[this] { asio::post(context_, [this] { read_inbox(); }); }};
  HttpHost host_;
  asio::executor_work_guard<Executor> work_{context_.get_executor()};  // until stop()
  Timer sweep_;
  bool stopped_ = false;
  bool sweeping_ = false;  // a sweep runs while there are connections, and once more after the last
  MemoryTrim memory_trim_;
  TierThread tier_;
  asio::posix::stream_descriptor tier_ready_;
  std::atomic<bool> answered_{true};  // the answer to the last answered()
  ConnectionTable<HttpConnection> table_;
  std::thread thread_;
};

void HttpLoop::run() {
  open_tier();
  if (host_.options.on_thread_start) host_.options.on_thread_start();
  while (!run_events()) host_.counters.malloc_fails.add(1);
  // No operation is under way any more.
  table_.for_each([this](HttpConnection& connection) { remove(connection); });
  tier_.close(0);
}

void HttpLoop::open_tier() {
  tier_.open({.ask_for_submit = [this] { asio::post(context_, [this] { tier_.submit(); }); }});
  if (!tier_) return;
  FileDescriptor copy(::fcntl(tier_.event_fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw_errno("ext_path: dup");
  tier_ready_.assign(copy.release());
  wait_for_tier();
}

void HttpLoop::wait_for_tier() {
  tier_ready_.async_wait(asio::posix::descriptor_base::wait_read, [this](beast::error_code error) {
    if (error) return;
    tier_.reap();
    wait_for_tier();
  });
}

void HttpLoop::adopt(Newcomer newcomer) {
  inbox_.leave_note([&](Notes& notes) {
    notes.newcomers.push_back(std::move(newcomer));
    table_.expect();
  });
}

void HttpLoop::end(std::int64_t grace_ms) {
  inbox_.leave_note([&](Notes& notes) { notes.end_grace_ms = grace_ms; });
}

// Returns false if there was no memory for something that belongs to no connection.
bool HttpLoop::run_events() {
  try {
    context_.run();
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

// If there is no memory for one connection, that one ends and the others are still served.
template <typename Step>
void HttpLoop::try_with(HttpConnection& connection, Step&& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    host_.counters.malloc_fails.add(1);
    connection.close();
  }
}

void HttpLoop::read_inbox() {
  Notes notes = inbox_.take();
  for (Newcomer& newcomer : notes.newcomers) open(std::move(newcomer));
  for (const LateNote& note : notes.woken) {
    if (HttpConnection* const woken = table_.find(note.connection)) woken->wake(note.token);
  }
  if (!notes.end_grace_ms) return;
  *notes.end_grace_ms == 0 ? stop() : drain();
}

void HttpLoop::drain() {
  host_.draining = true;
  sweep_.cancel();  // the next sweep comes soon
  // This runs behind all events that the sockets have already reported. Connections handle those
  // first.
  asio::post(context_, [this] {
    if (stopped_) return;
    table_.for_each(
        [this](HttpConnection& connection) { try_with(connection, [&] { connection.drain(); }); });
  });
}

void HttpLoop::stop() {
  host_.draining = true;
  stopped_ = true;
  table_.for_each([](HttpConnection& connection) { connection.close(); });
  work_.reset();
  sweep_.cancel();
  beast::error_code ignored;
  tier_ready_.close(ignored);
}

// Returns true if the thread has run since the last call. Then it asks again.
bool HttpLoop::answered() {
  if (!answered_.exchange(false)) return false;
  asio::post(context_, [this] { answered_ = true; });
  return true;
}

void HttpLoop::open(Newcomer newcomer) {
  HttpConnection* connection = nullptr;
  try {
    if (!host_.draining) {
      host_.clock = host_.host_clock.now().clock;
      if (!sweeping_) watch_time();
      connection = &table_.add(std::make_unique<HttpConnection>(
          context_, std::move(newcomer.socket), newcomer.tls, newcomer.crowded, host_));
    }
  } catch (const std::bad_alloc&) {
    host_.counters.malloc_fails.add(1);
  } catch (const std::exception& error) {  // the kernel cannot watch more sockets for us
    log_line(error.what());
  }
  if (connection == nullptr) {
    table_.forget_expected();
    return host_.events.on_connection_closed();
  }
  serve(*connection);
}

void HttpLoop::serve(HttpConnection& connection) {
  AtEnd at_end(*this, connection);
  try {
    asio::co_spawn(context_.get_executor(), connection.run(), std::move(at_end));
  } catch (const std::bad_alloc&) {  // at_end does the rest
  }
}

// While operations refer to the connection, the next sweep tries again.
void HttpLoop::finish(HttpConnection& connection) {
  connection.ended = true;
  if (!connection.in_use()) remove(connection);
}

void HttpLoop::remove(HttpConnection& connection) {
  table_.remove(connection);
  memory_trim_.note_closing();
  host_.events.on_connection_closed();
}

void HttpLoop::note_failure(HttpConnection& connection, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    host_.counters.malloc_fails.add(1);
  } catch (const std::exception& failure) {
    log_line(fmt::format("http connection {}: {}", connection.info().fd, failure.what()));
  }
}

void HttpLoop::watch_time() {
  const HttpTimes& times = host_.options.times;
  sweep_.expires_after(std::chrono::milliseconds(
      host_.draining ? std::min(times.drain_sweep, times.sweep) : times.sweep));
  sweep_.async_wait([this](beast::error_code) {
    sweeping_ = false;
    if (stopped_) return;
    const HostClock::Now now = host_.host_clock.now();
    host_.clock = now.clock;
    table_.for_each([&](HttpConnection& connection) {
      if (connection.ended) return finish(connection);
      try_with(connection, [&] { connection.tick(now.monotonic_ms); });
    });
    memory_trim_.run(now.monotonic_ms);
    if (!table_.empty()) watch_time();
  });
  sweeping_ = true;
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
                       const Verbosity& verbosity, ConnectionEvents& events)
    : impl_(new Impl{options, std::move(pages), {}}) {
  const HttpShared shared{.options = impl_->options,
                          .backend = backend,
                          .page_sources = {impl_->pages, readiness, passwords},
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
  (*fewest)->adopt({.socket = std::move(socket), .tls = std::move(tls), .crowded = crowded});
}

void HttpServer::drain() {
  for (const auto& loop : impl_->loops) loop->end(kNoLimit_ms);
}

void HttpServer::stop() {
  for (const auto& loop : impl_->loops) loop->end(0);
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
