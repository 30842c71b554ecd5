// A thread with its connections, its clock and its share of the background work:
//
//   wait for sockets or the next timer -> a turn for each that is ready -> timers
//
// Other threads reach it in three ways only: adopt() and stop() leave a note in its inbox and wake
// it; counters() are relaxed atomics; for_each_connection() takes the connection table's mutex.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/limits.h"
#include "command/backend.h"
#include "native/base/counters.h"
#include "native/base/file_descriptor.h"
#include "native/base/host_clock.h"
#include "native/base/latency_histogram.h"
#include "native/base/log.h"
#include "native/connection/connection_events.h"
#include "native/connection/connection_host.h"
#include "native/connection/connection_info.h"
#include "native/tier/tier_device.h"
#include "session/session.h"

namespace isocache {

// How long a TLS client has to finish its handshake.
inline constexpr unsigned kHandshakeLimit_s = 10;

struct WorkerOptions {
  bool measure_turns = false;             // turn_latency() is used
  TierDevice* tier = nullptr;             // read and written by its thread; null: there is none
  std::function<void()> on_thread_start;  // called on its thread before it serves; may be empty
  // A bounded step of background work, now and then on its thread. Returns after how many
  // milliseconds it wants the next one, at the latest. May be empty.
  std::function<std::int64_t(UnixSeconds now_s)> background_step;
  unsigned idle_timeout_s = 0;    // 0: none
  std::size_t request_bytes = 0;  // its connections hold no more together; 0: no limit
  std::size_t reply_bytes = 0;    // likewise
  unsigned handshake_limit_s = kHandshakeLimit_s;
  unsigned late_limit_s = kLateLimit_s;
  unsigned login_limit_s = limits::kLoginLimit_s;
  SessionOptions session;
};

class Worker {
 public:
  // One read takes at most this much: some 800 pipelined gets.
  static constexpr std::size_t kReadBufferBytes = 32U << 10;

  // REQUIRES: all references outlive the worker.
  Worker(const WorkerOptions& options, Backend& backend, const HostClock& clock,
         const Verbosity& verbosity, ConnectionEvents& events);
  ~Worker();  // REQUIRES: stop() was called, or it never started

  void start();
  // Takes over an accepted, non-blocking socket. `tls`: the TLS settings to use; null: plain. Any
  // thread.
  void adopt(FileDescriptor socket, std::shared_ptr<SSL_CTX> tls = nullptr,
             Protocols protocols = Protocols::kAny);
  // Finishes requests that have begun and starts no others. Lets replies go out for this long, then
  // closes everything. A second call sets the time anew. Any thread.
  void stop(std::int64_t grace_ms);
  // The next step of background work is wanted at once. Any thread.
  void step_soon();
  void join();

  const WorkerCounters& counters() const;
  const LatencyHistogram& turn_latency() const;
  unsigned connection_count() const;
  // How many connections have ended while their last replies may be on their way (linger.h).
  unsigned lingering_count() const;
  // Any thread.
  void for_each_connection(const std::function<void(const ConnectionInfo&)>& visit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
