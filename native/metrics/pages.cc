#include "native/metrics/pages.h"

#include "native/metrics/metrics.h"
#include "native/metrics/metrics_writer.h"

namespace isocache {

std::string metrics_text(ShardedBackend& backend, const PageFigures& figures, const Clock& clock) {
  const Snapshot snapshot = backend.snapshot(clock.now_s);
  MetricsWriter out;
  write_memcached_metrics(snapshot, clock.wall_s(), out);
  write_slab_metrics(snapshot.sum, clock.now_s, out);
  write_own_metrics(snapshot, figures, out);
  return out.take();
}

}  // namespace isocache
