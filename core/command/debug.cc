// me.

#include "command/engine.h"
#include "command/item_text.h"
#include "protocol/replies.h"

namespace isocache {

void Engine::debug(Request& request, Output& out) {
  const Item item = store_.find(request.key, now_s_).item;
  if (!item) {
    out.append(reply::kMetaMiss);
    out.append("\r\n");
    return;
  }
  out.append("ME ");
  append_wire_key(item, out);
  if (item.exptime() == 0) {
    out.append(" exp=-1");
  } else {
    out.append(" exp=");
    append_u64(out, item.exptime() - now_s_);
  }
  out.append(" la=");
  append_u64(out, now_s_ - item.last_access());
  append_item_facts(item, options_.cas_enabled, out);
  out.append("\r\n");
}

}  // namespace isocache
