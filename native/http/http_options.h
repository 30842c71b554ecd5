// How the HTTP port is set up.
#pragma once

#include <cstddef>
#include <functional>

#include "native/config/options.h"
#include "native/connection/connection_host.h"
#include "native/http/http_limits.h"
#include "native/tier/tier_device.h"
#include "session/session.h"

namespace isocache {

struct HttpServerOptions {
  HttpOptions http;
  unsigned threads = 1;
  TierDevice* tier = nullptr;             // read and written by each thread; null: there is none
  std::function<void()> on_thread_start;  // called on each before it serves; may be empty
  unsigned late_limit_s = kLateLimit_s;
  unsigned idle_timeout_s = 0;  // for a WebSocket without requests; 0: none
  std::size_t max_item_bytes = 0;
  SessionOptions session;
  HttpTimes times;
};

}  // namespace isocache
