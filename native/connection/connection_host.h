// What a thread lends to its connections, on any transport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "command/backend.h"
#include "native/base/counters.h"
#include "native/base/latency_histogram.h"
#include "native/base/log.h"
#include "native/connection/inbox.h"
#include "native/connection/memory_share.h"
#include "protocol/output.h"
#include "session/session.h"

namespace isocache {

// A late reply for which the backend has not woken its session after this long is given up.
inline constexpr unsigned kLateLimit_s = 5;

// A connection has an Output of its own only while there are replies in it.
class SpareOutput {
 public:
  // If one long reply made a buffer larger than this, the buffer is not kept.
  static constexpr std::size_t kKeptBytes = 64U << 10;

  void lend(Output& output) {
    if (output.capacity() == 0) std::swap(output, spare_);
  }
  // REQUIRES: it is empty.
  void take_back(Output& output) {
    if (output.capacity() > kKeptBytes) output = Output();
    if (spare_.capacity() == 0) {
      std::swap(output, spare_);
    } else if (output.capacity() != 0) {
      output = Output();
    }
  }

 private:
  Output spare_;
};

// One thread uses it, except the counters and the histogram.
struct ConnectionHost {
  Backend& backend;
  Inbox& inbox;  // of the thread
  const Verbosity& verbosity;
  SessionOptions session_options;
  unsigned idle_timeout_s = 0;  // 0: none
  unsigned late_limit_s = kLateLimit_s;
  std::int64_t login_limit_ms = 0;
  Clock clock;  // for sessions; set before they get bytes
  WorkerCounters counters = {};
  LatencyHistogram turn_latency = {};
  SpareOutput spare_output = {};
  MemoryShare requests = {};
  MemoryShare replies = {};
  bool draining = false;  // requests that are under way are finished, and none begins
};

}  // namespace isocache
