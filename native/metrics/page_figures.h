// What the pages show that the backend does not know.
#pragma once

#include <functional>

#include "native/base/latency_histogram.h"

namespace isocache {

using HistogramVisitor = std::function<void(const LatencyHistogram&)>;

struct PageFigures {
  // Each calls back for the histogram of each of its threads; may be empty.
  std::function<void(const HistogramVisitor&)> memcached_turns;
  std::function<void(const HistogramVisitor&)> websocket_turns;
};

}  // namespace isocache
