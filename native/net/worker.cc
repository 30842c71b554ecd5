#include "native/net/worker.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "native/connection/connection_table.h"
#include "native/connection/inbox.h"
#include "native/connection/memory_waiters.h"
#include "native/net/connection.h"
#include "native/net/linger.h"
#include "native/net/poller.h"
#include "native/net/turn_queues.h"
#include "native/process/memory_trim.h"
#include "native/tier/tier_thread.h"

namespace isocache {
namespace {

constexpr std::int64_t kTick_ms = 200;  // between steps of background work, at most
constexpr std::int64_t kOverdueCheck_ms = 1000;
constexpr std::int64_t kHoldCheck_ms = 1000;

thread_local const void* served = nullptr;  // the worker whose thread this is

}  // namespace

struct Worker::Impl {
  Impl(const WorkerOptions& worker_options, Backend& backend, const HostClock& host_clock,
       const Verbosity& verbosity, ConnectionEvents& worker_events)
      : options(worker_options),
        events(worker_events),
        read_buffer(std::make_unique_for_overwrite<char[]>(kReadBufferBytes)),
        clock(host_clock),
        host{{.backend = backend,
              .inbox = inbox,
              .verbosity = verbosity,
              .session_options = worker_options.session,
              .idle_timeout_s = worker_options.idle_timeout_s,
              .late_limit_s = worker_options.late_limit_s,
              .login_limit_ms = std::int64_t{worker_options.login_limit_s} * 1000,
              .clock = host_clock.now().clock,
              .requests = MemoryShare(worker_options.request_bytes),
              .replies = MemoryShare(worker_options.reply_bytes)},
             poller,
             {read_buffer.get(), kReadBufferBytes}},
        lingering(host.read_buffer),
        tier(worker_options.tier) {
    poller.add(lingering.fd(), EPOLLIN, &lingering);
  }

  void run();
  void run_round();
  int until_next_timer_ms() const;
  void run_timers();
  void read_inbox();
  void wake(const LateNote& note);
  void open(Newcomer& newcomer);
  void handle(const epoll_event& event);
  void queue(Connection& connection);
  void serve(Connection& connection);
  void give_turn(Connection& connection);
  template <typename Step>
  void try_with(Connection& connection, Step&& step);
  void finish(Connection& connection);
  void leave(Connection& connection);
  void note_lingering();
  template <typename Condition>
  void finish_if(Condition&& condition);
  template <typename Condition>
  void leave_if(Condition&& condition);
  void tick();
  bool watches_time() const;
  void close_overdue();
  void look_at_waits();
  void retry_for_memory();
  void begin_stop(std::int64_t grace_ms);

  WorkerOptions options;
  ConnectionEvents& events;
  std::unique_ptr<char[]> read_buffer;
  const HostClock& clock;
  Poller poller;
  // Most reads of a tier end on the thread that began them. Then a wake and a round are saved.
  Inbox inbox{[this] { served == this ? void(has_notes = true) : poller.wake(); }};
  bool has_notes = false;
  WorkerHost host;

  ConnectionTable<Connection> table;
  LingeringSockets lingering;
  TierThread tier;
  std::atomic<unsigned> lingering_count{0};

  TurnQueues turns;
  MemoryWaiters<Connection> memory_waiters;
  bool serves_tls = false;                            // a connection speaks TLS, or one did
  std::chrono::steady_clock::time_point round_began;  // only if turns are measured

  // Timers, by the monotonic clock.
  std::int64_t tick_at_ms = 0;
  std::int64_t overdue_check_at_ms = 0;
  std::int64_t hold_check_at_ms = 0;
  MemoryTrim memory_trim;
  // The time to drain that stop() gave. It takes effect at the end of the round, because
  // connections that it closes may be among the events that epoll has reported.
  std::optional<std::int64_t> stop_asked_ms;
  std::int64_t stop_at_ms = 0;  // once host.draining

  std::thread thread;
};

Worker::Worker(const WorkerOptions& options, Backend& backend, const HostClock& clock,
               const Verbosity& verbosity, ConnectionEvents& events)
    : impl_(std::make_unique<Impl>(options, backend, clock, verbosity, events)) {}

Worker::~Worker() = default;

void Worker::start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Worker::step_soon() {
  impl_->inbox.leave_note([](Notes& notes) { notes.step_now = true; });
}

void Worker::join() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Worker::adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls, Protocols protocols) {
  impl_->inbox.leave_note([&](Notes& notes) {
    notes.newcomers.push_back({std::move(socket), std::move(tls), protocols});
    impl_->table.expect();
  });
}

void Worker::stop(std::int64_t grace_ms) {
  impl_->inbox.leave_note([&](Notes& notes) { notes.end_grace_ms = grace_ms; });
}

const WorkerCounters& Worker::counters() const { return impl_->host.counters; }
const LatencyHistogram& Worker::turn_latency() const { return impl_->host.turn_latency; }
unsigned Worker::connection_count() const { return impl_->table.count(); }
unsigned Worker::lingering_count() const {
  return impl_->lingering_count.load(std::memory_order_acquire);
}

void Worker::for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const {
  impl_->table.for_each_info(visit);
}

void Worker::Impl::run() {
  served = this;
  tier.open({.edge_triggered = true});
  if (tier) poller.add(tier.event_fd(), EPOLLIN | EPOLLET, &tier);
  if (options.on_thread_start) options.on_thread_start();
  const auto stopped = [this] {
    return host.draining && ((table.empty() && lingering.empty()) || host.now_ms >= stop_at_ms);
  };
  while (!stopped()) {
    try {
      run_round();
    } catch (const std::bad_alloc&) {  // for something that belongs to no connection
      host.counters.malloc_fails.add(1);
    }
  }
  finish_if([](const Connection&) { return true; });
  lingering.clear();
  note_lingering();
  tier.close(stop_at_ms - host.now_ms);
}

void Worker::Impl::run_round() {
  tier.submit();
  const auto ready = poller.wait(turns.empty() && !has_notes ? until_next_timer_ms() : 0);
  if (options.measure_turns) round_began = std::chrono::steady_clock::now();
  const HostClock::Now now = clock.now();
  host.clock = now.clock;
  host.now_ms = now.monotonic_ms;
  for (const epoll_event& event : ready) handle(event);
  // Last, because it may end connections that are among the events.
  if (has_notes) read_inbox();
  turns.run_turns([this](Connection& connection) { give_turn(connection); });
  turns.run_handshakes([this](Connection& connection) { give_turn(connection); });
  run_timers();
  if (stop_asked_ms) begin_stop(*std::exchange(stop_asked_ms, std::nullopt));
}

int Worker::Impl::until_next_timer_ms() const {
  std::int64_t next = tick_at_ms;
  if (watches_time()) next = std::min(next, overdue_check_at_ms);
  if (!memory_waiters.empty()) next = std::min(next, memory_waiters.retry_at_ms());
  if (!lingering.empty()) next = std::min(next, lingering.timer_at_ms());
  if (host.draining) next = std::min(next, stop_at_ms);
  return static_cast<int>(std::max<std::int64_t>(0, next - host.now_ms));
}

void Worker::Impl::run_timers() {
  const std::int64_t now_ms = host.now_ms;
  if (now_ms >= tick_at_ms) tick();
  if (watches_time() && now_ms >= overdue_check_at_ms) close_overdue();
  retry_for_memory();
  if (now_ms >= hold_check_at_ms) look_at_waits();
  memory_trim.run(now_ms);
  if (!lingering.empty()) {
    lingering.run_timer(now_ms);
    note_lingering();
  }
}

void Worker::Impl::retry_for_memory() {
  memory_waiters.run(host.now_ms, [this](Connection& connection) {
    connection.wants_memory = false;
    if (!connection.queued) give_turn(connection);
  });
}

// Those that others wait for end. Those that wait for the backend give up.
void Worker::Impl::look_at_waits() {
  hold_check_at_ms = host.now_ms + kHoldCheck_ms;
  finish_if([](Connection& connection) { return connection.holds_too_long(); });
  table.for_each([this](Connection& connection) {
    if (connection.gives_up_late() && !connection.queued) queue(connection);
  });
}

void Worker::Impl::handle(const epoll_event& event) {
  if (event.data.ptr == &lingering) {
    lingering.on_ready(host.now_ms);
    return note_lingering();
  }
  if (event.data.ptr == &tier) return tier.reap();
  if (Poller::is_wake(event)) return void(has_notes = true);
  Connection& connection = *static_cast<Connection*>(event.data.ptr);
  if (!connection.on_event(event.events) || connection.queued) return;
  if (connection.handshaking()) return queue(connection);
  give_turn(connection);
}

void Worker::Impl::read_inbox() {
  has_notes = false;
  Notes notes = inbox.take();
  for (Newcomer& newcomer : notes.newcomers) open(newcomer);
  for (const LateNote& note : notes.woken) wake(note);
  if (notes.step_now) tick_at_ms = host.now_ms;
  if (notes.end_grace_ms) stop_asked_ms = notes.end_grace_ms;
}

void Worker::Impl::wake(const LateNote& note) {
  Connection* const connection = table.find(note.connection);
  if (connection == nullptr) return;
  if (connection->on_woken(note.token) && !connection->queued) queue(*connection);
}

// If there is no memory for one connection, that one ends and the others are still served.
// REQUIRES: step() throws nothing after it has begun to finish the connection.
template <typename Step>
void Worker::Impl::try_with(Connection& connection, Step&& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    host.counters.malloc_fails.add(1);
    finish(connection);
  }
}

void Worker::Impl::queue(Connection& connection) {
  try_with(connection, [&] { turns.add(connection); });
}

void Worker::Impl::give_turn(Connection& connection) {
  try_with(connection, [&] { serve(connection); });
}

// As try_with() asks.
void Worker::Impl::serve(Connection& connection) {
  const Connection::Next next = connection.take_turn();
  if (options.measure_turns) host.turn_latency.record_since(round_began);
  if (next == Connection::Next::kClose) return finish(connection);
  if (next == Connection::Next::kWaitForMemory) {
    if (connection.wants_memory) return;
    memory_waiters.add(connection);
    connection.wants_memory = true;
    return;
  }
  if (next == Connection::Next::kLeave) return leave(connection);
  if (next == Connection::Next::kWaitForEvent) {
    if (host.draining && !connection.unfinished()) leave(connection);
    return;
  }
  turns.add(connection);
}

void Worker::Impl::open(Newcomer& newcomer) {
  try {
    SSL_CTX* const tls = newcomer.tls.get();
    if (tls != nullptr && host.tls_buffers == nullptr) {
      host.tls_buffers = std::make_unique<TlsBuffers>(kReadBufferBytes);
      serves_tls = true;
    }
    const Connection& connection = table.add(
        std::make_unique<Connection>(std::move(newcomer.socket), tls, newcomer.protocols, host));
    return events.on_client(connection.info().fd);
  } catch (const std::bad_alloc&) {
    host.counters.malloc_fails.add(1);
  } catch (const std::exception& error) {  // the kernel cannot watch more sockets for us
    log_line(error.what());
  }
  table.forget_expected();
  events.on_connection_closed();
}

void Worker::Impl::finish(Connection& connection) {
  const AdminResult::Next asked = connection.requested();
  turns.remove(connection);
  if (connection.wants_memory) memory_waiters.remove(connection);
  memory_trim.note_closing();
  events.on_client_ends(connection.info().fd, connection.close_reason());
  table.remove(connection);
  events.on_connection_closed();
  if (asks_for_end(asked)) events.on_stop_requested();
}

// The connection has nothing more to say. It no longer counts against -c, but its client may still
// have replies to read. As try_with() asks.
void Worker::Impl::leave(Connection& connection) {
  LeavingSocket leaving = connection.leave();
  // This comes before the connection is removed from the count: the server waits until both counts
  // are zero.
  lingering_count.fetch_add(1, std::memory_order_release);
  finish(connection);
  try {
    lingering.add(std::move(leaving), host.now_ms);
  } catch (const std::bad_alloc&) {  // then the socket is closed at once
    host.counters.malloc_fails.add(1);
  }
  note_lingering();
}

void Worker::Impl::note_lingering() {
  const auto count = static_cast<unsigned>(lingering.size());
  if (lingering_count.exchange(count, std::memory_order_release) == count) return;
  if (count == 0 && host.draining) events.on_connection_closed();
}

template <typename Condition>
void Worker::Impl::finish_if(Condition&& condition) {
  table.for_each([&](Connection& connection) {
    bool finishes = false;
    try_with(connection, [&] { finishes = condition(connection); });
    if (finishes) finish(connection);
  });
}

template <typename Condition>
void Worker::Impl::leave_if(Condition&& condition) {
  table.for_each([&](Connection& connection) {
    try_with(connection, [&] {
      if (condition(connection)) leave(connection);
    });
  });
}

void Worker::Impl::tick() {
  host.counters.ticks.add(1);
  tick_at_ms = host.now_ms + kTick_ms;
  if (!options.background_step) return;
  begin_turn(CurrentTurn::kNobody);
  tick_at_ms = host.now_ms + std::min(kTick_ms, options.background_step(host.clock.now_s));
}

// Returns true if there is a reason to look at every connection now and then.
bool Worker::Impl::watches_time() const {
  return options.idle_timeout_s != 0 || serves_tls || options.session.authenticator != nullptr;
}

void Worker::Impl::close_overdue() {
  const std::int64_t handshake_limit_ms = std::int64_t{options.handshake_limit_s} * 1000;
  leave_if([&](Connection& connection) { return connection.is_overdue(handshake_limit_ms); });
  overdue_check_at_ms = host.now_ms + kOverdueCheck_ms;
}

void Worker::Impl::begin_stop(std::int64_t grace_ms) {
  stop_at_ms = host.now_ms + grace_ms;
  if (std::exchange(host.draining, true)) return;
  lingering.begin_drain();
  finish_if([](const Connection& connection) { return connection.is_stalled_watcher(); });
  leave_if([](Connection& connection) {
    connection.begin_stop();
    return !connection.unfinished();
  });
}

}  // namespace isocache
