#include "command/tiering/tiering_settings.h"

#include <algorithm>

#include "command/settings.h"

namespace isocache {
namespace {

constexpr double kPercent = 100;

}  // namespace

TieringSettings tiering_settings(const Settings& settings) {
  TieringSettings tiering;
  tiering.min_item_bytes = settings.ext_item_size;
  tiering.min_ttl_s = settings.ext_low_ttl;
  if (settings.ext_recache_rate == 0) tiering.recache = TieringSettings::Recache::kNever;
  if (settings.ext_recache_rate == 1) tiering.recache = TieringSettings::Recache::kFirstHit;
  tiering.unread_share = std::min(settings.ext_write_unread / kPercent, 1.0);
  return tiering;
}

}  // namespace isocache
