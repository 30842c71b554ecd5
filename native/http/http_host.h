// What a loop lends to its connections.
#pragma once

#include "base/clock.h"
#include "command/backend.h"
#include "native/base/counters.h"
#include "native/base/host_clock.h"
#include "native/base/latency_histogram.h"
#include "native/base/log.h"
#include "native/http/handshake_queue.h"
#include "native/http/http_server.h"
#include "native/http/routes.h"
#include "native/net/worker.h"
#include "native/tls/tls_context.h"
#include "protocol/output.h"

namespace isocache {

// The same for all loops.
struct HttpShared {
  const HttpServerOptions& options;
  Backend& backend;
  Site site;
  TlsCounters* tls_counters;  // null: no TLS
  const HostClock& host_clock;
  const Verbosity& verbosity;
  WorkerEvents& events;
};

// One thread uses it, but for the counters and the histogram.
struct HttpHost : HttpShared {
  HttpHost(const HttpShared& shared, const Executor& executor)
      : HttpShared(shared), clock(shared.host_clock.now().clock), handshakes(executor) {}

  Clock clock;  // for sessions; set before they get bytes
  WorkerCounters counters;
  LatencyHistogram turn_latency;  // of WebSockets
  HandshakeQueue handshakes;
  Output spare_output;
  unsigned waiting_for_memory = 0;  // WebSockets
  bool draining = false;            // no more requests

  std::int64_t now_ms() const { return host_clock.now().monotonic_ms; }
  // Counts it if it is one, of a connection that is through with its handshake.
  void note_tls_error(const beast::error_code& error) const {
    if (is_tls_error(error)) tls_counters->protocol_errors.fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace isocache
