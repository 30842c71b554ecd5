#include "native/metrics/pages.h"

#include "native/metrics/metrics.h"
#include "native/metrics/metrics_writer.h"

namespace isocache {

std::string metrics_text(ShardedBackend& backend, const PageFigures& figures, const Clock& clock) {
  const ServerFigures server = backend.all_figures(clock.now_s);
  MetricsWriter out;
  write_memcached_metrics(server, clock.wall_s(), out);
  if (figures.slab_metrics) write_slab_metrics(server.sum, clock.now_s, out);
  write_own_metrics(server, figures, out);
  if (figures.prefixes != nullptr) figures.prefixes->write(out);
  return out.take();
}

}  // namespace isocache
