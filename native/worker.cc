#include "native/worker.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "native/connection.h"
#include "native/poller.h"

namespace isocache {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kTick{200};    // between steps of background work
constexpr milliseconds kBusyTick{1};  // while there is more of it
constexpr milliseconds kIdleCheck{1000};
constexpr milliseconds kStopGrace{2000};  // for replies under way
// One thread runs the context; others only post to it.
constexpr int kConcurrencyHint = 1;

}  // namespace

struct Worker::Impl {
  Impl(const WorkerOptions& worker_options, ShardedBackend& shards, const HostClock& host_clock,
       const Verbosity& verbosity, WorkerEvents& worker_events)
      : options(worker_options),
        backend(shards),
        events(worker_events),
        read_buffer(std::make_unique_for_overwrite<char[]>(kReadBufferBytes)),
        clock(host_clock),
        host{.backend = shards,
             .poller = poller,
             .verbosity = verbosity,
             .session_options = worker_options.session,
             .clock = {host_clock.now().unix_s},
             .counters = {},
             .read_buffer = {read_buffer.get(), kReadBufferBytes},
             .spare_output = {}} {}
  ~Impl() { sockets.release(); }  // the poller owns its descriptor

  void run();
  void open(FileDescriptor socket);
  void wait();
  void handle_events();
  void give_turns();
  void give_turn(Connection& connection);
  void finish(Connection& connection);
  template <typename Condition>
  void finish_if(Condition&& condition);
  void schedule_tick(milliseconds after);
  void tick();
  void schedule_idle_check();
  void begin_stop();

  WorkerOptions options;
  ShardedBackend& backend;
  WorkerEvents& events;
  std::unique_ptr<char[]> read_buffer;
  const HostClock& clock;
  Poller poller;
  ConnectionHost host;

  mutable std::mutex table_mutex;
  std::vector<std::unique_ptr<Connection>> table;  // changed by this thread, under table_mutex
  std::atomic<unsigned> connection_count{0};       // adopted and not yet closed

  std::vector<Connection*> turns;  // who waits for another turn

  asio::io_context context{kConcurrencyHint};
  asio::posix::stream_descriptor sockets{context, poller.fd()};  // readable: a connection is ready
  asio::steady_timer tick_timer{context};
  asio::steady_timer idle_timer{context};
  asio::steady_timer stop_timer{context};
  std::thread thread;
};

Worker::Worker(const WorkerOptions& options, ShardedBackend& backend, const HostClock& clock,
               const Verbosity& verbosity, WorkerEvents& events)
    : impl_(std::make_unique<Impl>(options, backend, clock, verbosity, events)) {}

Worker::~Worker() = default;

void Worker::start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Worker::join() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Worker::adopt(FileDescriptor socket) {
  impl_->connection_count.fetch_add(1, std::memory_order_relaxed);
  asio::post(impl_->context, [impl = impl_.get(), socket = std::move(socket)]() mutable {
    impl->open(std::move(socket));
  });
}

void Worker::stop() {
  asio::post(impl_->context, [impl = impl_.get()] { impl->begin_stop(); });
}

const WorkerCounters& Worker::counters() const { return impl_->host.counters; }

unsigned Worker::connection_count() const {
  return impl_->connection_count.load(std::memory_order_relaxed);
}

void Worker::for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const {
  const std::lock_guard lock(impl_->table_mutex);
  for (const auto& connection : impl_->table) visit(connection->info());
}

void Worker::Impl::run() {
  wait();
  schedule_tick(kTick);
  if (options.idle_timeout_s != 0) schedule_idle_check();
  context.run();
  finish_if([](const Connection&) { return true; });
}

// One wait of the io_context, and its epoll_ctl, for all connections that are ready by then.
void Worker::Impl::wait() {
  sockets.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                       if (error) return;
                       handle_events();
                       wait();
                     });
}

void Worker::Impl::handle_events() {
  const auto ready = poller.take();
  host.clock.now_s = clock.now().unix_s;
  for (const epoll_event& event : ready) {
    Connection& connection = *static_cast<Connection*>(event.data.ptr);
    if (connection.on_event(event.events) && !connection.queued) give_turn(connection);
  }
}

// One turn for each that waited; those that want another wait behind the next events.
void Worker::Impl::give_turns() {
  const std::size_t waiting = turns.size();
  for (std::size_t i = 0; i < waiting; ++i) {
    Connection* const connection = turns[i];
    if (connection == nullptr) continue;  // finished meanwhile
    connection->queued = false;
    give_turn(*connection);
  }
  turns.erase(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(waiting));
  if (!turns.empty()) asio::post(context, [this] { give_turns(); });
}

void Worker::Impl::give_turn(Connection& connection) {
  const Connection::Next next = connection.take_turn();
  if (next == Connection::Next::kClose) return finish(connection);
  if (next == Connection::Next::kWaitForEvent) {
    if (host.stopping && !connection.busy()) finish(connection);
    return;
  }
  connection.queued = true;
  if (turns.empty()) asio::post(context, [this] { give_turns(); });
  turns.push_back(&connection);
}

void Worker::Impl::open(FileDescriptor socket) {
  try {
    auto connection = std::make_unique<Connection>(std::move(socket), host);
    connection->table_index = table.size();
    const std::lock_guard lock(table_mutex);
    table.push_back(std::move(connection));
  } catch (const std::exception& error) {  // the kernel watches no more sockets for us
    log_line(error.what());
    connection_count.fetch_sub(1, std::memory_order_relaxed);
    events.on_connection_closed();
  }
}

void Worker::Impl::finish(Connection& connection) {
  const AdminResult::Next asked = connection.requested();
  const std::size_t index = connection.table_index;
  if (connection.queued) std::ranges::replace(turns, &connection, nullptr);
  std::unique_ptr<Connection> leaving;
  {
    const std::lock_guard lock(table_mutex);
    std::swap(table[index], table.back());
    table[index]->table_index = index;
    leaving = std::move(table.back());
    table.pop_back();
  }
  leaving.reset();
  connection_count.fetch_sub(1, std::memory_order_relaxed);
  events.on_connection_closed();
  if (asked == AdminResult::Next::kShutdown) events.on_stop_requested(false);
  if (asked == AdminResult::Next::kShutdownGraceful) events.on_stop_requested(true);
  if (host.stopping && table.empty()) context.stop();
}

template <typename Condition>
void Worker::Impl::finish_if(Condition&& condition) {
  for (std::size_t i = table.size(); i-- > 0;) {
    if (condition(*table[i])) finish(*table[i]);
  }
}

void Worker::Impl::schedule_tick(milliseconds after) {
  tick_timer.expires_after(after);
  tick_timer.async_wait([this](boost::system::error_code error) {
    if (!error) tick();
  });
}

void Worker::Impl::tick() {
  host.clock.now_s = clock.now().unix_s;
  bool more = false;
  for (unsigned shard = options.index; shard < backend.shard_count(); shard += options.threads) {
    more |= backend.tick(shard, host.clock.now_s);
  }
  schedule_tick(more ? kBusyTick : kTick);
}

// As memcached: only a client from which we wait for a command is idle.
void Worker::Impl::schedule_idle_check() {
  idle_timer.expires_after(kIdleCheck);
  idle_timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const UnixSeconds now_s = clock.now().unix_s;
    finish_if([&](const Connection& connection) {
      return !connection.busy() &&
             now_s - connection.info().last_active_s() > options.idle_timeout_s;
    });
    schedule_idle_check();
  });
}

void Worker::Impl::begin_stop() {
  if (host.stopping) return;
  host.stopping = true;
  finish_if([](const Connection& connection) { return !connection.busy(); });
  if (table.empty()) return context.stop();
  stop_timer.expires_after(kStopGrace);
  stop_timer.async_wait([this](boost::system::error_code) { context.stop(); });
}

}  // namespace isocache
