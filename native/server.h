// The whole server: listeners, workers, and the backend they share.
//
// The main thread accepts, and waits for signals; each connection is handed to the worker with the
// fewest. Workers report back through ConnectionEvents, which wakes the main thread.
//
//   serving --SIGTERM, SIGINT--> delaying (--drain-delay: not ready, but serves on)
//   serving --SIGUSR1, shutdown--> draining; delaying --time is up--> draining
//   draining (no new clients; replies under way go out) --all closed, or --drain-timeout--> ended
//   delaying, draining --a second signal--> ended
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "command/admin/host_registry.h"
#include "command/stats/writer.h"
#include "native/base/host_clock.h"
#include "native/base/log.h"
#include "native/config/options.h"
#include "native/config/password_file.h"
#include "native/http/http_server.h"
#include "native/metrics/prefix_metrics.h"
#include "native/net/acceptor.h"
#include "native/net/linger.h"
#include "native/net/listener.h"
#include "native/net/passed_sockets.h"
#include "native/net/poller.h"
#include "native/net/worker.h"
#include "native/process/notify.h"
#include "native/process/signals.h"
#include "native/shards/sharded_backend.h"
#include "native/tier/tier_device.h"
#include "native/tier/tier_watch.h"

namespace isocache {

class Server : private ConnectionEvents {
 public:
  // Listens at once, and answers from run() on. From now on signals wait for run(), in this thread
  // and the threads that it starts. Throws UsageError, SystemError.
  explicit Server(const Options& options);
  ~Server() override;

  // The lines at the start: version, addresses, warnings about them, memory, threads, pid, "ready".
  std::vector<LogEntry> banner() const;
  // Takes the memory and starts the threads. Throws SystemError.
  void start();
  // -o drop_privileges, for the main thread. After this, only run() and the end are possible.
  void drop_privileges() const;
  // Serves until SIGTERM, SIGINT, SIGUSR1 or a shutdown command.
  void run();

  // Descriptors besides one for each connection: standard streams, listeners, logs, and some for
  // libraries.
  static constexpr std::size_t kReservedDescriptors = 32;
  // Descriptors that each worker and each HTTP loop needs to wait and to be woken, and descriptors
  // of connections that have ended and no longer count as connections.
  static std::size_t descriptors_of_threads(const Options& options) {
    constexpr std::size_t kOfWorker = 5;
    constexpr std::size_t kOfHttpLoop = 4;
    constexpr std::size_t kOfTier = 3;  // of each thread, besides the files
    const std::size_t tier = options.tier.files.empty() ? 0 : kOfTier;
    const std::size_t worker = kOfWorker + tier + LingeringSockets::kMost;
    const std::size_t files = options.tier.files.size();
    const bool http = !options.http.listen.empty() || sockets_are_passed();
    if (!http) return options.host.threads * worker + files;
    return options.host.threads * (worker + kOfHttpLoop + tier) + files + Acceptor::kHttpReserve;
  }

 private:
  enum class Phase : std::uint8_t { kServing, kDelaying, kDraining, kEnded };

  // ConnectionEvents
  void on_connection_closed() override;
  void on_stop_requested() override;

  bool serves_http() const;
  void make_http_server();

  // server_tier.cc
  void make_backend();
  ShardTier open_tier();
  void say_tier(std::vector<LogEntry>& entries) const;
  void watch_tier();
  void end_tier();

  std::function<void()> on_thread_start() const;
  void hand_over(FileDescriptor socket, const Listener& listener, bool crowded);
  unsigned connection_count() const;
  unsigned lingering_count() const;
  Worker& least_loaded_worker();
  std::int64_t run_background(unsigned worker, UnixSeconds now_s);

  // server_watch.cc
  void allow_watching();
  // Returns after how many milliseconds it wants to be called again, `most_ms` at the latest.
  // Always the first worker's thread.
  std::int64_t deliver_events(std::int64_t most_ms);
  void register_watch_statistics();
  void on_client(int fd) override;
  void on_client_ends(int fd, EventClose why) override;

  // server_stats.cc
  void register_statistics();
  void register_tls();
  void register_settings();
  void register_commands();
  std::uint64_t sum_of(WorkerCounter counter) const;

  // server_connections.cc
  bool write_connections(int* after, StatsWriter& stats);
  std::unique_ptr<ReplyStream> list_connections();

  // server_run.cc
  int until_next_timer_ms() const;
  void handle(const epoll_event& event);
  void run_timers();
  void read_signals();
  void on_signal(int signal);
  void reload();
  void report_reload(const char* what, const char* error);
  void run_watchdog();
  bool threads_alive();

  // server_drain.cc
  void begin_delay();
  void begin_drain();
  bool all_gone() const;
  void end();

  Options options_;
  HostClock clock_;
  UnixSeconds started_s_;
  Verbosity verbosity_;
  Signals signals_;  // before anything that starts threads
  Poller poller_;
  ServiceManager service_manager_;
  std::vector<Listener> listeners_;
  AcceptCounters accept_counters_;
  std::unique_ptr<Acceptor> acceptor_;
  HostRegistry registry_;             // what the server adds to the administrative commands
  std::unique_ptr<TierDevice> tier_;  // null: no -o ext_path
  std::unique_ptr<ShardedBackend> backend_;
  std::unique_ptr<TierWatch> tier_watch_;  // of the first worker; null: no -o ext_path
  std::chrono::steady_clock::time_point next_delivery_;  // to watchers; of the first worker
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<Readiness> readiness_{Readiness::kLoading};
  std::unique_ptr<TlsContext> tls_;                // null: no -Z
  std::unique_ptr<PasswordFile> passwords_;        // null: no -Y
  std::unique_ptr<PrefixMetrics> prefix_metrics_;  // null: no --prefix-metrics
  std::unique_ptr<HttpServer> http_;               // null: no --http
  std::size_t next_worker_ = 0;

  Phase phase_ = Phase::kServing;
  std::int64_t phase_ends_ms_ = 0;  // delaying, draining
  std::atomic<bool> stop_requested_{false};
  // draining: the main thread waits for connections to close
  std::atomic<bool> wakes_when_closed_{false};
  std::int64_t watchdog_at_ms_ = 0;
  // the ticks of each worker when the watchdog was last told
  std::vector<std::uint64_t> ticks_seen_;
};

}  // namespace isocache
