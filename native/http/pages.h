// The text of /metrics and /stats.json.
#pragma once

#include <functional>
#include <string>

#include "native/latency_histogram.h"
#include "native/sharded_backend.h"

namespace isocache {

// What the pages show that the backend does not know.
struct PageFigures {
  // Calls back for each worker's histogram; may be empty.
  std::function<void(const std::function<void(const LatencyHistogram&)>&)> for_each_histogram;
};

// Both on any thread, and at the price of a `stats`: a walk over segments, not over items.

// Prometheus text format 0.0.4: the names and labels of memcached's exporter, and our own.
std::string metrics_text(ShardedBackend& backend, const PageFigures& figures, UnixSeconds now_s);
// The families of `stats` as one JSON object: {"general": {"pid": 1, ...}, "settings": {...},
// "items": {"1": {"number": 5, ...}}, "slabs": {"1": {...}, "active_slabs": 1, ...}}.
std::string stats_json(ShardedBackend& backend, UnixSeconds now_s);

}  // namespace isocache
