// The text of /metrics and /stats.json.
#pragma once

#include <string>

#include "base/clock.h"
#include "native/metrics/page_figures.h"
#include "native/shards/sharded_backend.h"

namespace isocache {

// Any thread may call both. They cost as much as a `stats`: the cost does not grow with the number
// of items.

// Prometheus text format 0.0.4: the names and labels of memcached's exporter, and our own.
std::string metrics_text(ShardedBackend& backend, const PageFigures& figures, const Clock& clock);
// The families of `stats` as one JSON object: {"general": {"pid": 1, ...}, "settings": {...},
// "items": {"1": {"number": 5, ...}}, "slabs": {"1": {...}, "active_slabs": 1, ...}}.
std::string stats_json(ShardedBackend& backend, const Clock& clock);

}  // namespace isocache
