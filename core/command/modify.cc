// delete md touch.

#include "command/engine.h"
#include "command/exptime.h"
#include "command/item_text.h"
#include "command/reply_writer.h"
#include "protocol/replies.h"

namespace isocache {

// md on an item that is there. False if the emptied item could not be stored.
bool Engine::remove_meta(Request& request, Item item) {
  const RequestFlags& flags = request.flags;
  if (!flags.remove_value && !flags.set_stale) {
    store_.remove(item);
    return true;
  }
  const std::uint64_t cas = flags.has_new_cas || flags.set_stale ? new_cas(request) : item.cas();
  if (flags.remove_value) {  // an item made anew, of which only the cas is the old one's
    ItemFields fields;
    fields.client_flags = request.client_flags;
    fields.exptime = expiry_time(request.exptime, now_s_);
    fields.cas = cas;
    fields.bits = made_item_key_bits(request);
    const PutStatus status = store_.put(request.key, item, fields, {}, now_s_, &item);
    count_refused(status);
    if (status != PutStatus::kStored) return false;
  } else {
    item.set_cas(cas);
  }
  if (flags.set_stale) {
    item.set(kStale);
    item.clear(kWinSent);  // the next reader may win
    if (flags.has_exptime) item.set_exptime(expiry_time(request.exptime, now_s_));
  }
  return true;
}

void Engine::remove(Request& request, Output& out) {
  const RequestFlags& flags = request.flags;
  const Item item = store_.find(request.key, now_s_).item;
  std::string_view text = reply::kDeleted;
  std::string_view code = reply::kMetaDone;
  bool plain = false;
  if (!item) {
    ++counters_.delete_misses;
    text = reply::kNotFound;
    code = reply::kMetaNotFound;
  } else if (flags.has_compare_cas && item.cas() != request.compare_cas) {
    code = reply::kMetaExists;
  } else {
    ++band_of(item).delete_hits;
    if (!remove_meta(request, item)) {
      out.append(reply::kNoMemory);
      return;
    }
    plain = true;
  }
  if (request.style == ReplyStyle::kMeta) {
    append_meta_outcome(out, code, request, flags.no_reply && plain);
  } else if (!flags.no_reply) {
    out.append(text);
  }
}

void Engine::touch(Request& request, Output& out) {
  ++counters_.cmd_touch;
  Item item = store_.find(request.key, now_s_).item;
  if (item) {
    ++band_of(item).touch_hits;
    item.set_exptime(expiry_time(request.exptime, now_s_));
    store_.on_hit(item, now_s_);
  } else {
    ++counters_.touch_misses;
  }
  if (!request.flags.no_reply) out.append(item ? reply::kTouched : reply::kNotFound);
}

}  // namespace isocache
