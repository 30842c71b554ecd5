#include "native/net/worker.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "native/net/connection.h"
#include "native/net/linger.h"
#include "native/net/poller.h"
#include "native/process/memory_trim.h"

namespace isocache {
namespace {

constexpr std::int64_t kTick_ms = 200;    // between steps of background work
constexpr std::int64_t kBusyTick_ms = 1;  // while there is more of it
constexpr std::int64_t kOverdueCheck_ms = 1000;
// For connections that wait for memory.
constexpr std::int64_t kMemoryRetry_ms = 5;
constexpr std::size_t kMostMemoryRetries = 64;  // each takes some microseconds
constexpr std::int64_t kHoldCheck_ms = 1000;
// For steps of handshakes in one round, when there are many.
constexpr std::chrono::microseconds kHandshakes_us{300};

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
             .clock = host_clock.now().clock,
             .counters = {},
             .read_buffer = {read_buffer.get(), kReadBufferBytes},
             .spare_output = {},
             .tls_buffers = nullptr},
        lingering(host.read_buffer) {
    poller.add(lingering.fd(), EPOLLIN, &lingering);
  }

  void run();
  int until_next_timer_ms() const;
  void run_timers();
  void read_inbox();
  void open(FileDescriptor socket, SSL_CTX* tls);
  void handle(const epoll_event& event);
  void queue(Connection& connection);
  void give_turns();
  void give_handshake_turns();
  void serve(Connection& connection);
  void give_turn(Connection& connection);
  void finish(Connection& connection);
  void leave(Connection& connection);
  void note_lingering();
  template <typename Condition>
  void finish_if(Condition&& condition);
  template <typename Condition>
  void leave_if(Condition&& condition);
  void tick();
  bool watches_time() const;
  bool overdue(Connection& connection);
  void close_overdue();
  void close_holders();
  void retry_for_memory();
  void begin_stop(std::int64_t grace_ms);

  WorkerOptions options;
  ShardedBackend& backend;
  WorkerEvents& events;
  std::unique_ptr<char[]> read_buffer;
  const HostClock& clock;
  Poller poller;
  ConnectionHost host;
  LatencyHistogram turn_latency;

  mutable std::mutex table_mutex;
  std::vector<std::unique_ptr<Connection>> table;  // changed by this thread, under table_mutex
  std::atomic<unsigned> connection_count{0};       // adopted and not yet closed
  LingeringSockets lingering;
  std::atomic<unsigned> lingering_count{0};

  std::vector<Connection*> turns;                     // who waits for another turn
  std::deque<Connection*> wanting_memory;             // and who for memory that others hold
  std::deque<Connection*> handshakes;                 // and who for a step of its handshake
  bool serves_tls = false;                            // or did
  std::chrono::steady_clock::time_point round_began;  // only if turns are measured

  // What other threads ask for. They wake the poller after they wrote.
  struct Inbox {
    struct Newcomer {
      FileDescriptor socket;
      std::shared_ptr<SSL_CTX> tls;
    };
    std::vector<Newcomer> newcomers;
    std::optional<std::int64_t> stop_grace_ms;
  };
  std::mutex inbox_mutex;
  Inbox inbox;

  // Timers, by the monotonic clock.
  std::int64_t now_ms = 0;
  std::int64_t tick_at_ms = 0;
  std::int64_t overdue_check_at_ms = 0;
  std::int64_t hold_check_at_ms = 0;
  std::int64_t memory_retry_at_ms = 0;
  MemoryTrim memory_trim;
  // The grace that stop() gives. It waits for the end of the round: connections that it closes may
  // be among what epoll has reported.
  std::optional<std::int64_t> stop_asked_ms;
  std::int64_t stop_at_ms = 0;  // once host.stopping

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

void Worker::adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls) {
  {
    const std::lock_guard lock(impl_->inbox_mutex);
    impl_->inbox.newcomers.push_back({std::move(socket), std::move(tls)});
    impl_->connection_count.fetch_add(1, std::memory_order_relaxed);
  }
  impl_->poller.wake();
}

void Worker::stop(std::int64_t grace_ms) {
  {
    const std::lock_guard lock(impl_->inbox_mutex);
    impl_->inbox.stop_grace_ms = grace_ms;
  }
  impl_->poller.wake();
}

const WorkerCounters& Worker::counters() const { return impl_->host.counters; }

const LatencyHistogram& Worker::turn_latency() const { return impl_->turn_latency; }

unsigned Worker::connection_count() const {
  return impl_->connection_count.load(std::memory_order_acquire);
}

unsigned Worker::lingering_count() const {
  return impl_->lingering_count.load(std::memory_order_acquire);
}

void Worker::for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const {
  const std::lock_guard lock(impl_->table_mutex);
  for (const auto& connection : impl_->table) visit(connection->info());
}

void Worker::Impl::run() {
  if (options.on_thread_start) options.on_thread_start();
  const auto stopped = [this] {
    return host.stopping && ((table.empty() && lingering.empty()) || now_ms >= stop_at_ms);
  };
  while (!stopped()) {
    const bool waiting = turns.empty() && handshakes.empty();
    const auto ready = poller.wait(waiting ? until_next_timer_ms() : 0);
    if (options.measure_turns) round_began = std::chrono::steady_clock::now();
    const HostClock::Now now = clock.now();
    host.clock = now.clock;
    now_ms = now.monotonic_ms;
    for (const epoll_event& event : ready) handle(event);
    give_turns();
    give_handshake_turns();
    run_timers();
    if (stop_asked_ms) begin_stop(*std::exchange(stop_asked_ms, std::nullopt));
  }
  finish_if([](const Connection&) { return true; });
  lingering.clear();
  note_lingering();
}

int Worker::Impl::until_next_timer_ms() const {
  std::int64_t next = tick_at_ms;
  if (watches_time()) next = std::min(next, overdue_check_at_ms);
  if (!wanting_memory.empty()) next = std::min(next, memory_retry_at_ms);
  if (!lingering.empty()) next = std::min(next, lingering.timer_at_ms());
  if (host.stopping) next = std::min(next, stop_at_ms);
  return static_cast<int>(std::max<std::int64_t>(0, next - now_ms));
}

void Worker::Impl::run_timers() {
  if (now_ms >= tick_at_ms) tick();
  if (watches_time() && now_ms >= overdue_check_at_ms) close_overdue();
  if (!wanting_memory.empty() && now_ms >= memory_retry_at_ms) retry_for_memory();
  if (now_ms >= hold_check_at_ms) close_holders();
  memory_trim.run(now_ms);
  if (!lingering.empty()) {
    lingering.run_timer(now_ms);
    note_lingering();
  }
}

// In the order in which they began to wait, a bounded number; who waits on is asked again after the
// others.
void Worker::Impl::retry_for_memory() {
  for (std::size_t n = std::min(wanting_memory.size(), kMostMemoryRetries); n > 0; --n) {
    Connection* const connection = wanting_memory.front();
    wanting_memory.pop_front();
    if (connection == nullptr) continue;  // finished meanwhile
    connection->wants_memory = false;
    if (!connection->queued) give_turn(*connection);
  }
  memory_retry_at_ms = now_ms + kMemoryRetry_ms;
}

void Worker::Impl::close_holders() {
  const bool wanted = backend.memory_is_wanted(host.clock.now_s);
  finish_if([&](Connection& connection) {
    if (!connection.holds_too_long() || !wanted) return false;
    connection.count_held_too_long();
    return true;
  });
  hold_check_at_ms = now_ms + kHoldCheck_ms;
}

void Worker::Impl::handle(const epoll_event& event) {
  if (Poller::is_wake(event)) return read_inbox();
  if (event.data.ptr == &lingering) {
    lingering.on_ready(now_ms);
    return note_lingering();
  }
  Connection& connection = *static_cast<Connection*>(event.data.ptr);
  if (!connection.on_event(event.events) || connection.queued) return;
  if (connection.handshaking()) return queue(connection);
  give_turn(connection);
}

void Worker::Impl::read_inbox() {
  Inbox received;
  {
    const std::lock_guard lock(inbox_mutex);
    std::swap(received, inbox);
  }
  for (auto& [socket, tls] : received.newcomers) open(std::move(socket), tls.get());
  if (received.stop_grace_ms) stop_asked_ms = received.stop_grace_ms;
}

void Worker::Impl::queue(Connection& connection) {
  if (connection.handshaking()) {
    handshakes.push_back(&connection);
  } else {
    turns.push_back(&connection);
  }
  connection.queued = true;
}

// A whole step of a handshake takes as long as a thousand requests (tls/README.md): it is the only
// one of its round, and however many clients arrive at once, those that are being served wait for
// one at most. But of steps that come to nothing, those of a client that sends byte by byte, many
// take no longer.
void Worker::Impl::give_handshake_turns() {
  if (handshakes.empty()) return;
  const auto end = std::chrono::steady_clock::now() + kHandshakes_us;
  do {
    Connection* const connection = handshakes.front();
    handshakes.pop_front();
    if (connection == nullptr) continue;  // finished meanwhile
    connection->queued = false;
    give_turn(*connection);
  } while (!handshakes.empty() && std::chrono::steady_clock::now() < end);
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
}

// Without memory for one connection, the others are served.
void Worker::Impl::give_turn(Connection& connection) {
  try {
    serve(connection);
  } catch (const std::bad_alloc&) {
    host.counters.malloc_fails.add(1);
    finish(connection);
  }
}

// Throws nothing once it has begun to finish the connection.
void Worker::Impl::serve(Connection& connection) {
  const Connection::Next next = connection.take_turn();
  if (options.measure_turns) {
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - round_began;
    turn_latency.record(static_cast<std::uint64_t>(took.count()));
  }
  if (next == Connection::Next::kClose) return finish(connection);
  if (next == Connection::Next::kWaitForMemory) {
    if (connection.wants_memory) return;
    wanting_memory.push_back(&connection);
    connection.wants_memory = true;
    return;
  }
  if (next == Connection::Next::kLeave) return leave(connection);
  if (next == Connection::Next::kWaitForEvent) {
    if (host.stopping && !connection.unfinished()) leave(connection);
    return;
  }
  queue(connection);
}

void Worker::Impl::open(FileDescriptor socket, SSL_CTX* tls) {
  try {
    if (tls != nullptr && host.tls_buffers == nullptr) {
      host.tls_buffers = std::make_unique<TlsBuffers>(kReadBufferBytes);
      serves_tls = true;
    }
    auto connection = std::make_unique<Connection>(std::move(socket), tls, host);
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
  if (connection.queued) {
    std::ranges::replace(turns, &connection, nullptr);
    std::ranges::replace(handshakes, &connection, nullptr);
  }
  if (connection.wants_memory) std::ranges::replace(wanting_memory, &connection, nullptr);
  memory_trim.note_closing();
  std::unique_ptr<Connection> leaving;
  {
    const std::lock_guard lock(table_mutex);
    std::swap(table[index], table.back());
    table[index]->table_index = index;
    leaving = std::move(table.back());
    table.pop_back();
  }
  // First, so that a client that saw the end of its connection finds room for the next.
  connection_count.fetch_sub(1, std::memory_order_release);
  leaving.reset();
  events.on_connection_closed();
  if (asks_for_end(asked)) events.on_stop_requested();
}

// It has nothing more to say. Its client does not count against -c from now on, but it may still
// have replies to read.
void Worker::Impl::leave(Connection& connection) {
  LeavingSocket leaving = connection.leave();
  // Before it is no longer counted as a connection: the server waits until neither is left.
  lingering_count.fetch_add(1, std::memory_order_release);
  finish(connection);
  try {
    lingering.add(std::move(leaving), now_ms);
  } catch (const std::bad_alloc&) {  // then it is closed at once
    host.counters.malloc_fails.add(1);
  }
  note_lingering();
}

void Worker::Impl::note_lingering() {
  const auto count = static_cast<unsigned>(lingering.size());
  if (lingering_count.exchange(count, std::memory_order_release) == count) return;
  if (count == 0 && host.stopping) events.on_connection_closed();
}

template <typename Condition>
void Worker::Impl::finish_if(Condition&& condition) {
  for (std::size_t i = table.size(); i-- > 0;) {
    if (condition(*table[i])) finish(*table[i]);
  }
}

template <typename Condition>
void Worker::Impl::leave_if(Condition&& condition) {
  for (std::size_t i = table.size(); i-- > 0;) {
    if (condition(*table[i])) leave(*table[i]);
  }
}

void Worker::Impl::tick() {
  bool more = false;
  host.counters.ticks.add(1);
  for (unsigned shard = options.index; shard < backend.shard_count(); shard += options.threads) {
    more |= backend.tick(shard, host.clock.now_s);
  }
  tick_at_ms = now_ms + (more ? kBusyTick_ms : kTick_ms);
}

// Only then is there a reason to look at every connection now and then.
bool Worker::Impl::watches_time() const {
  return options.idle_timeout_s != 0 || serves_tls || options.session.authenticator != nullptr;
}

// REQUIRES: the connection is closed if it is: it is counted.
bool Worker::Impl::overdue(Connection& connection) {
  const UnixSeconds age_s = host.clock.now_s - connection.opened_s();
  if (connection.handshaking()) {
    if (age_s <= options.handshake_limit_s) return false;
    connection.give_up_handshake();
    return true;
  }
  if (!connection.logged_in()) return age_s > options.login_limit_s;
  // As memcached: only a client from which we wait for a command is idle.
  const bool idle = options.idle_timeout_s != 0 && !connection.busy() &&
                    host.clock.now_s - connection.info().last_active_s() > options.idle_timeout_s;
  if (idle) host.counters.idle_kicks.add(1);
  return idle;
}

void Worker::Impl::close_overdue() {
  leave_if([&](Connection& connection) { return overdue(connection); });
  overdue_check_at_ms = now_ms + kOverdueCheck_ms;
}

void Worker::Impl::begin_stop(std::int64_t grace_ms) {
  stop_at_ms = now_ms + grace_ms;
  if (host.stopping) return;
  host.stopping = true;
  lingering.begin_drain();
  leave_if([](Connection& connection) {
    connection.begin_stop();
    return !connection.unfinished();
  });
}

}  // namespace isocache
