// The families of /metrics, by where their names come from. Each function begins its families once.
#pragma once

#include "base/clock.h"
#include "native/metrics/metrics_writer.h"
#include "native/metrics/page_figures.h"
#include "native/shards/sharded_backend.h"

namespace isocache {

// memcached_*: names, labels and meanings of prometheus/memcached_exporter, so that dashboards made
// for it work. The first function writes what the exporter makes of `stats` and `stats settings`,
// the second what it makes of `stats items` and `stats slabs`.
void write_memcached_metrics(const Snapshot& snapshot, UnixSeconds wall_s, MetricsWriter& out);
void write_slab_metrics(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out);

// isocache_*: what memcached has no name for.
void write_own_metrics(const Snapshot& snapshot, const PageFigures& figures, MetricsWriter& out);

}  // namespace isocache
