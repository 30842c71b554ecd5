#include "native/http/pages.h"

namespace isocache {

std::string metrics_text(ShardedBackend& /*backend*/, const PageFigures& /*figures*/,
                         UnixSeconds /*now_s*/) {
  return {};
}
std::string stats_json(ShardedBackend& /*backend*/, UnixSeconds /*now_s*/) { return "{}"; }

}  // namespace isocache
