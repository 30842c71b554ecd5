// Figures that the pages show and the backend does not know, and what the user wants to see.
#pragma once

#include <functional>

#include "native/base/latency_histogram.h"
#include "native/metrics/prefix_metrics.h"

namespace isocache {

using HistogramVisitor = std::function<void(const LatencyHistogram&)>;

struct PageFigures {
  // Each function calls back with the histogram of each of its threads. It may be empty.
  std::function<void(const HistogramVisitor&)> memcached_turns;
  std::function<void(const HistogramVisitor&)> websocket_turns;
  std::function<void(const HistogramVisitor&)> flash_reads;  // empty: there is no flash tier
  bool slab_metrics = true;                                  // memcached_slab_*
  PrefixMetrics* prefixes = nullptr;                         // isocache_prefix_*; null: none
};

}  // namespace isocache
