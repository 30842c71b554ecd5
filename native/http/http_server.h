// The second port (--http): WebSocket clients, metrics, health. It has threads of its own, and
// hides Asio and Beast behind this header. It uses the same Backend as the workers, with one
// Session for each WebSocket.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "command/backend.h"
#include "native/base/counters.h"
#include "native/base/file_descriptor.h"
#include "native/base/host_clock.h"
#include "native/base/latency_histogram.h"
#include "native/base/log.h"
#include "native/connection/connection_events.h"
#include "native/connection/connection_info.h"
#include "native/http/http_options.h"
#include "native/http/page_sources.h"
#include "native/tls/tls_context.h"
#include "session/authenticator.h"

namespace isocache {

class HttpServer {
 public:
  // REQUIRES: everything that it refers to outlives it. `tls` null: no connection uses TLS.
  // `passwords` null: no login is needed.
  HttpServer(const HttpServerOptions& options, Backend& backend, HttpPages pages,
             const std::atomic<Readiness>& readiness, TlsContext* tls,
             const Authenticator* passwords, const HostClock& clock, const Verbosity& verbosity,
             ConnectionEvents& events);
  ~HttpServer();

  void start();
  // Takes over an accepted, non-blocking socket. `tls`: the TLS settings to use; null: plain.
  // `crowded`: the connection is beyond -c, and gets one page but no WebSocket. Any thread.
  void adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls = nullptr, bool crowded = false);
  // Answers no more requests. Says goodbye to each WebSocket (close code 1001) when its replies are
  // sent. Any thread.
  void drain();
  // Closes all connections that are left, at once. Any thread.
  void stop();
  void join();
  // Returns true if every thread has run since the last call. One thread calls it now and then.
  bool alive();

  // The sum of one counter over all threads.
  std::uint64_t sum_of(WorkerCounter counter) const;
  // For each loop: how long turns of its WebSockets took, from a frame to its replies in the
  // socket.
  void for_each_turn_latency(const std::function<void(const LatencyHistogram&)>& visit) const;
  unsigned connection_count() const;
  void for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
