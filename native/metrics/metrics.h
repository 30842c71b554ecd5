// The families of /metrics, grouped by where their names come from. Each function begins its
// families once.
#pragma once

#include "base/clock.h"
#include "native/metrics/metrics_writer.h"
#include "native/metrics/page_figures.h"
#include "native/shards/sharded_backend.h"

namespace isocache {

// memcached_*: the names, labels and meanings of prometheus/memcached_exporter, so that its
// dashboards work. The first function writes what the exporter reads from `stats` and `stats
// settings`. The second writes what it reads from `stats items` and `stats slabs`.
void write_memcached_metrics(const ServerFigures& server, UnixSeconds wall_s, MetricsWriter& out);
void write_slab_metrics(const EngineFigures& figures, UnixSeconds now_s, MetricsWriter& out);

// isocache_*: figures that memcached has no name for.
void write_own_metrics(const ServerFigures& server, const PageFigures& figures, MetricsWriter& out);

}  // namespace isocache
