// The whole server: listeners, workers, and the backend they share.
//
// The main thread accepts and waits for signals; each connection is handed to the worker with the
// fewest. Workers report back through WorkerEvents, which posts to the main thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "native/host_clock.h"
#include "native/http/http_server.h"
#include "native/listener.h"
#include "native/log.h"
#include "native/options.h"
#include "native/password_file.h"
#include "native/sharded_backend.h"
#include "native/worker.h"

namespace isocache {

class Server : private HostFigures, private WorkerEvents {
 public:
  // Listens at once, answers from run() on. Throws SystemError.
  explicit Server(const Options& options);
  ~Server() override;

  // Version, addresses, memory, threads, pid, "ready".
  std::string banner() const;
  // Takes the memory and starts the threads. Throws SystemError.
  void start();
  // Serves until SIGTERM, SIGINT, SIGUSR1 or a shutdown command.
  void run();

  // Beyond one a connection: standard streams, listeners, logs, and some for libraries.
  static constexpr std::size_t kReservedDescriptors = 32;

 private:
  // HostFigures
  HostStats host_stats(UnixSeconds now_s) override;
  void write_connections(StatsWriter& stats) override;
  void reset_host_counters() override;
  void settings_changed(const Settings& settings) override;
  const char* refresh_certificates(UnixSeconds now_s) override;
  // WorkerEvents
  void on_connection_closed() override;
  void on_stop_requested(bool graceful) override;

  void open_listeners();
  void open_listener(const Endpoint& endpoint, Listener::Serves serves, bool tls);
  void listen_on_loopback();
  void make_http_server();
  void stop();
  HostStats count_since_start() const;
  void watch(std::size_t listener);
  void accept_all(const Listener& listener);
  void hand_over(FileDescriptor socket, const Listener& listener);
  void refuse(FileDescriptor socket);
  void pause_accepting();
  void retry_accepting();
  void resume_accepting();
  unsigned connection_count() const;
  Worker& least_loaded_worker();

  Options options_;
  HostClock clock_;
  UnixSeconds started_s_;
  Verbosity verbosity_;
  std::vector<Listener> listeners_;
  struct Loop;  // Asio stays behind this header: it is slow to compile
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<ShardedBackend> backend_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<Readiness> readiness_{Readiness::kLoading};
  std::unique_ptr<TlsContext> tls_;          // null: no -Z
  std::unique_ptr<PasswordFile> passwords_;  // null: no -Y
  std::unique_ptr<HttpServer> http_;         // null: no --http
  std::size_t next_worker_ = 0;

  HostStats at_reset_;  // what the counters showed at `stats reset`; under the admin lock
  std::atomic<bool> accepting_{true};  // false: at the limit, new clients wait (no_maxconns_fast)
  std::atomic<std::uint64_t> total_connections_{0};
  std::atomic<std::uint64_t> rejected_connections_{0};
  std::atomic<std::uint64_t> times_not_accepting_{0};
};

}  // namespace isocache
