// Figures that the pages show and the backend does not know.
#pragma once

#include <functional>

#include "native/base/latency_histogram.h"

namespace isocache {

using HistogramVisitor = std::function<void(const LatencyHistogram&)>;

struct PageFigures {
  // Each function calls back with the histogram of each of its threads. It may be empty.
  std::function<void(const HistogramVisitor&)> memcached_turns;
  std::function<void(const HistogramVisitor&)> websocket_turns;
  std::function<void(const HistogramVisitor&)> flash_reads;  // empty: there is no flash tier
};

}  // namespace isocache
