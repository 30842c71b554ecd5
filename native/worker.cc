#include "native/worker.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace isocache {
namespace {

constexpr std::int64_t kTickMs = 200;      // between steps of background work
constexpr std::int64_t kBusyTickMs = 1;    // while there is more of it
constexpr std::int64_t kIdleCheckMs = 1000;
constexpr std::int64_t kStopGraceMs = 2000;  // for replies under way

}  // namespace

Worker::Worker(const WorkerOptions& options, ShardedBackend& backend, const HostClock& clock,
               const Verbosity& verbosity, WorkerEvents& events)
    : options_(options),
      backend_(backend),
      clock_(clock),
      events_(events),
      read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBufferBytes)),
      host_{.backend = backend,
            .poller = poller_,
            .verbosity = verbosity,
            .session_options = options.session,
            .clock = {},
            .counters = {},
            .read_buffer = {read_buffer_.get(), kReadBufferBytes},
            .spare_output = {},
            .stopping = false} {
  poller_.add(wakeup_.fd(), EPOLLIN, nullptr);
  read_clock();
}

Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::adopt(FileDescriptor socket) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mail_mutex_);
    mail_.push_back(std::move(socket));
  }
  wakeup_.signal();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mail_mutex_);
    stop_asked_ = true;
  }
  wakeup_.signal();
}

void Worker::run() {
  while (!host_.stopping || (!table_.empty() && now_ms_ < stop_deadline_ms_)) {
    handle_events();
    give_turns();
    background_work();
    if (host_.stopping) {
      close_if([](const Connection& connection) { return !connection.queued && !connection.busy(); });
    }
  }
  close_if([](const Connection&) { return true; });
}

void Worker::read_clock() {
  const HostClock::Now now = clock_.now();
  now_ms_ = now.monotonic_ms;
  host_.clock.now_s = now.unix_s;
}

int Worker::wait_ms() const {
  if (!turns_.empty()) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(next_tick_ms_ - now_ms_, 0, kTickMs));
}

void Worker::handle_events() {
  const auto events = poller_.wait(wait_ms());
  read_clock();
  bool mail = false;
  for (const epoll_event& event : events) {
    if (event.data.ptr == nullptr) {
      mail = true;
      continue;
    }
    Connection& connection = *static_cast<Connection*>(event.data.ptr);
    if (connection.on_event(event.events) && !connection.queued) give_turn(connection);
  }
  if (mail) take_mail();
}

// One turn for each that waited; those that want another wait behind the next events.
void Worker::give_turns() {
  const std::size_t waiting = turns_.size();
  for (std::size_t i = 0; i < waiting; ++i) {
    Connection& connection = *turns_[i];
    connection.queued = false;
    give_turn(connection);
  }
  turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(waiting));
}

void Worker::give_turn(Connection& connection) {
  const Connection::Next next = connection.take_turn();
  if (next == Connection::Next::kTakeTurn) {
    connection.queued = true;
    turns_.push_back(&connection);
  } else if (next == Connection::Next::kClose) {
    const AdminResult::Next asked = connection.requested();
    close(connection);
    if (asked == AdminResult::Next::kShutdown) events_.on_stop_requested(false);
    if (asked == AdminResult::Next::kShutdownGraceful) events_.on_stop_requested(true);
  }
}

void Worker::take_mail() {
  std::vector<FileDescriptor> sockets;
  bool stop = false;
  {
    const std::lock_guard lock(mail_mutex_);
    wakeup_.drain();
    sockets.swap(mail_);
    stop = stop_asked_;
  }
  for (FileDescriptor& socket : sockets) open(std::move(socket));
  if (stop && !host_.stopping) begin_stop();
}

void Worker::open(FileDescriptor socket) {
  try {
    auto connection = std::make_unique<Connection>(std::move(socket), host_);
    connection->table_index = table_.size();
    const std::lock_guard lock(table_mutex_);
    table_.push_back(std::move(connection));
  } catch (const std::exception& error) {  // the kernel watches no more sockets for us
    log_line(error.what());
    connection_count_.fetch_sub(1, std::memory_order_relaxed);
    events_.on_connection_closed();
  }
}

void Worker::close(Connection& connection) {
  const std::size_t index = connection.table_index;
  std::unique_ptr<Connection> leaving;
  {
    const std::lock_guard lock(table_mutex_);
    std::swap(table_[index], table_.back());
    table_[index]->table_index = index;
    leaving = std::move(table_.back());
    table_.pop_back();
  }
  leaving.reset();
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
  events_.on_connection_closed();
}

// REQUIRES: the condition holds for none that waits for a turn, unless the worker ends.
template <typename Condition>
void Worker::close_if(Condition&& condition) {
  for (std::size_t i = table_.size(); i-- > 0;) {
    if (condition(*table_[i])) close(*table_[i]);
  }
}

void Worker::background_work() {
  if (now_ms_ < next_tick_ms_) return;
  bool more = false;
  for (unsigned shard = options_.index; shard < backend_.shard_count(); shard += options_.threads) {
    more |= backend_.tick(shard, host_.clock.now_s);
  }
  next_tick_ms_ = now_ms_ + (more ? kBusyTickMs : kTickMs);
  if (options_.idle_timeout_s != 0 && now_ms_ >= next_idle_check_ms_) close_idle();
}

// As memcached: only a client from which we wait for a command is idle.
void Worker::close_idle() {
  next_idle_check_ms_ = now_ms_ + kIdleCheckMs;
  close_if([&](const Connection& connection) {
    return !connection.queued && !connection.busy() &&
           host_.clock.now_s - connection.last_active_s() > options_.idle_timeout_s;
  });
}

void Worker::begin_stop() {
  host_.stopping = true;
  stop_deadline_ms_ = now_ms_ + kStopGraceMs;
}

}  // namespace isocache
