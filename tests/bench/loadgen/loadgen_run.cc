#include "bench/loadgen/loadgen_run.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace isocache::bench {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

enum class Phase : int { kWarmUp, kMeasure, kStop };

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    throw std::runtime_error("cannot pin to core " + std::to_string(core));
  }
}

// One thread's connections and their event loop.
class Worker {
 public:
  Worker(const LoadOptions& options, unsigned index, const std::atomic<Phase>& phase)
      : options_(options),
        index_(index),
        phase_(phase),
        workload_(options, index, options.threads),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (unsigned i = index; i < options.connections; i += options.threads) {
      connections_.push_back(
          std::make_unique<Connection>(options.server, options.transport, workload_));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connections_.back().get();
      epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, connections_.back()->fd(), &event);
    }
    remaining_ =
        options.requests / options.threads + (index < options.requests % options.threads ? 1 : 0);
  }

  // Runs on a thread of its own.
  void run() {
    try {
      if (options_.core >= 0) pin_to(options_.core + static_cast<int>(index_));
      if (options_.rate_per_s > 0) {
        run_open();
      } else {
        run_closed();
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
    done_ = true;
  }

  bool done() const { return done_; }
  // Call it after run().
  const LoadCounts& counts() const {
    if (failure_) std::rethrow_exception(failure_);
    return counts_;
  }

 private:
  // Each connection sends its next batch as soon as it has all replies to the last.
  void run_closed() {
    for (auto& connection : connections_) start(*connection, SteadyClock::now());
    auto last_reply = SteadyClock::now();
    while (busy_ > 0) {
      poll(100);
      if (!ready_.empty()) last_reply = SteadyClock::now();
      if (SteadyClock::now() - last_reply > kPatience) throw std::runtime_error("no reply");
      for (Connection* connection : ready_) start(*connection, SteadyClock::now());
    }
  }

  // Batches are due at fixed times, on one connection after the other. A batch that the server
  // cannot take yet waits, and the waiting counts as latency. The last milliseconds before one is
  // due this spins, because a sleep would be late.
  void run_open() {
    const auto interval = std::chrono::duration_cast<SteadyClock::duration>(
        std::chrono::duration<double>(options_.depth * options_.threads / options_.rate_per_s));
    const std::size_t count = connections_.size();
    std::vector<SteadyClock::time_point> due;
    const auto start_at = SteadyClock::now();
    for (std::size_t i = 0; i < count; ++i) due.push_back(start_at + interval * i);
    while (busy_ > 0 || !stopping()) {
      for (std::size_t i = 0; i < count; ++i) {
        if (!connections_[i]->idle() || SteadyClock::now() < due[i]) continue;
        start(*connections_[i], due[i]);
        due[i] += interval * count;
      }
      poll(sleep_ms(*std::min_element(due.begin(), due.end())));
    }
  }

  // How long to sleep before that time.
  static int sleep_ms(SteadyClock::time_point due) {
    constexpr std::int64_t kSpin_ms = 2;
    constexpr std::int64_t kMost_ms = 100;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(due - SteadyClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left - kSpin_ms, 0, kMost_ms));
  }

  bool stopping() const {
    return phase_ == Phase::kStop || (options_.requests != 0 && remaining_ == 0);
  }

  void start(Connection& connection, SteadyClock::time_point due) {
    if (stopping()) return;
    unsigned depth = options_.depth;
    if (options_.requests != 0) {
      depth = static_cast<unsigned>(std::min<std::uint64_t>(depth, remaining_));
      remaining_ -= depth;
    }
    ++busy_;
    connection.start_batch(depth, due);
    if (!connection.sent()) watch(connection, EPOLLIN | EPOLLOUT);
  }

  // Handles events until that time. ready_ has the connections whose batch is answered.
  void poll(int timeout_ms) {
    ready_.clear();
    std::array<epoll_event, 64> events{};
    const int count =
        epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), timeout_ms);
    begin_measuring();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) {
        connection.send();
        if (connection.sent()) watch(connection, EPOLLIN);
      }
      if ((event.events & ~std::uint32_t{EPOLLOUT}) == 0) continue;
      const bool was_idle = connection.idle();
      connection.receive(counts_);
      if (was_idle || !connection.idle()) continue;
      --busy_;
      ready_.push_back(&connection);
    }
  }

  // Forgets the counts of the warm-up.
  void begin_measuring() {
    if (measuring_ || phase_ != Phase::kMeasure) return;
    measuring_ = true;
    if (options_.requests == 0) counts_ = {};
  }

  void watch(Connection& connection, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, connection.fd(), &event);
  }

  const LoadOptions& options_;
  unsigned index_;
  const std::atomic<Phase>& phase_;
  Workload workload_;
  Socket epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ready_;
  std::size_t busy_ = 0;
  std::uint64_t remaining_ = 0;
  bool measuring_ = false;
  LoadCounts counts_;
  std::exception_ptr failure_;
  std::atomic<bool> done_ = false;
};

// Waits, but not for workers that have finished; if `seconds` is 0, only for the workers.
void wait(const std::vector<std::unique_ptr<Worker>>& workers, double seconds) {
  const auto end = SteadyClock::now() + std::chrono::duration<double>(seconds);
  while (seconds <= 0 || SteadyClock::now() < end) {
    bool all_done = true;
    for (const auto& worker : workers) all_done = all_done && worker->done();
    if (all_done) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

LoadResult run_load(const LoadOptions& options) {
  if (options.core >= 0) pin_to(options.core);  // reading the clock must not disturb the server
  std::atomic<Phase> phase = Phase::kWarmUp;
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(options, i, phase));
  }
  const auto usage = [&] { return options.pid != 0 ? usage_of(options.pid) : ProcessUsage{}; };
  const bool by_count = options.requests != 0;

  ProcessUsage before = usage();
  auto start = SteadyClock::now();
  std::vector<std::jthread> threads;
  threads.reserve(workers.size());
  for (const auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
  if (!by_count) {
    if (options.warmup_s > 0) wait(workers, options.warmup_s);
    before = usage();
    start = SteadyClock::now();
  }
  phase = Phase::kMeasure;
  wait(workers, by_count ? 0 : options.seconds);
  LoadResult result;
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  result.server = usage() - before;
  phase = Phase::kStop;
  threads.clear();  // joins
  for (const auto& worker : workers) result.counts.add(worker->counts());
  return result;
}

}  // namespace isocache::bench
