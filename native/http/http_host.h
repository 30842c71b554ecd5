// What a loop lends to its connections.
#pragma once

#include <cstdint>

#include "native/base/host_clock.h"
#include "native/connection/connection_events.h"
#include "native/connection/connection_host.h"
#include "native/http/handshake_queue.h"
#include "native/http/http_options.h"
#include "native/http/memory_queue.h"
#include "native/http/page_sources.h"
#include "native/tls/tls_context.h"

namespace isocache {

// All loops share these.
struct HttpShared {
  const HttpServerOptions& options;
  Backend& backend;
  PageSources page_sources;
  TlsCounters* tls_counters;  // null: no TLS
  const HostClock& host_clock;
  const Verbosity& verbosity;
  ConnectionEvents& events;
};

// WebSockets use the part that is a ConnectionHost.
struct HttpHost : ConnectionHost {
  HttpHost(const HttpShared& shared, const Executor& executor, Inbox& notes)
      : ConnectionHost{.backend = shared.backend,
                       .inbox = notes,
                       .verbosity = shared.verbosity,
                       .session_options = websocket_session(shared.options),
                       .idle_timeout_s = shared.options.idle_timeout_s,
                       .late_limit_s = shared.options.late_limit_s,
                       .login_limit_ms = shared.options.times.login,
                       .clock = shared.host_clock.now().clock},
        options(shared.options),
        page_sources(shared.page_sources),
        tls_counters(shared.tls_counters),
        host_clock(shared.host_clock),
        events(shared.events),
        handshakes(executor),
        memory_queue(executor, shared.host_clock) {}

  const HttpServerOptions& options;
  const PageSources page_sources;
  TlsCounters* const tls_counters;
  const HostClock& host_clock;
  ConnectionEvents& events;
  HandshakeQueue handshakes;
  MemoryQueue memory_queue;

  std::int64_t now_ms() const { return host_clock.now().monotonic_ms; }
  // Counts `error` if it broke TLS on a connection whose handshake is finished.
  void note_tls_error(const beast::error_code& error) const {
    if (is_tls_error(error)) tls_counters->protocol_errors.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static SessionOptions websocket_session(const HttpServerOptions& options) {
    SessionOptions session = options.session;
    session.output_limits.all_bytes = http_limits::kWebSocketOutputBytes;
    return session;
  }
};

}  // namespace isocache
