// touch. Commands that also read the item (gat, gats, mg) are in get.cc.

#include "command/engine.h"
#include "command/exptime.h"

namespace isocache {

TouchOutcome Engine::touch(const Request& request) {
  ++counters_.cmd_touch;
  Item item = store_.find(request.key, now_s_).item;
  if (!item) {
    ++counters_.touch_misses;
    return {};
  }
  ++band_of(item).touch_hits;
  item.set_exptime(expiry_time(request.exptime, now_s_));
  store_.on_hit(item, now_s_);
  return {true, item.client_flags(), item.cas()};
}

}  // namespace isocache
