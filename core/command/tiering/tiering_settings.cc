#include "command/tiering/tiering_settings.h"

#include "command/settings.h"

namespace isocache {

TieringSettings tiering_settings(const Settings& settings) {
  TieringSettings tiering;
  tiering.min_item_bytes = settings.ext_item_size;
  tiering.min_ttl_s = settings.ext_low_ttl;
  if (settings.ext_recache_rate == 0) tiering.recache = TieringSettings::Recache::kNever;
  if (settings.ext_recache_rate == 1) tiering.recache = TieringSettings::Recache::kFirstHit;
  return tiering;
}

}  // namespace isocache
