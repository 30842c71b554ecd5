// delete md.

#include "command/engine.h"
#include "command/exptime.h"
#include "command/key_bits.h"

namespace isocache {

// Removes an item, or keeps it with the changes of x and I. Returns false if the emptied item could
// not be stored.
bool Engine::remove_or_keep(const Request& request, Item item, std::uint64_t* kept_cas) {
  const RequestFlags& flags = request.flags;
  if (!flags.remove_value && !flags.set_stale) {
    store_.remove(item);
    return true;
  }
  const std::uint64_t cas = flags.has_new_cas || flags.set_stale ? new_cas(request) : item.cas();
  *kept_cas = cas;
  if (flags.remove_value) {  // a new item, which keeps only the cas of the old one
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

DeleteOutcome Engine::remove(const Request& request) {
  const Item item = store_.find(request.key, now_s_).item;
  if (!item) {
    ++counters_.delete_misses;
    return {DeleteStatus::kNotFound};
  }
  if (request.flags.has_compare_cas && item.cas() != request.compare_cas) {
    return {DeleteStatus::kExists};
  }
  ++band_of(item).delete_hits;
  DeleteOutcome outcome{DeleteStatus::kDone};
  if (!remove_or_keep(request, item, &outcome.cas)) return {DeleteStatus::kNoMemory};
  return outcome;
}

}  // namespace isocache
