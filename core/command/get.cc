// get gets gat gats mg.

#include "command/engine.h"
#include "command/exptime.h"
#include "command/key_bits.h"

namespace isocache {
namespace {

bool wants_value(const Request& request, const Item& item) {
  const RequestFlags& flags = request.flags;
  return flags.return_value && !(flags.has_compare_cas && item.cas() == request.compare_cas);
}

}  // namespace

// Counts as memcached does: a get that sets a TTL is a touch, and a get that creates its item is a
// hit.
void Engine::count_get(const Request& request, const FindResult& found) {
  if (found.miss == Miss::kExpired) ++counters_.get_expired;
  if (found.miss == Miss::kFlushed) ++counters_.get_flushed;
  if (request.flags.has_exptime && (found.item || request.flags.is_touch)) {
    ++counters_.cmd_touch;
    ++(found.item ? band_of(found.item).touch_hits : counters_.touch_misses);
    return;
  }
  ++(found.item ? band_of(found.item).get_hits : counters_.get_misses);
}

// A large value is sent from where it lies. If replies that nobody takes hold too much already, the
// get waits until they are gone.
bool Engine::must_wait(const Request& request, const Item& item, const Output& out) const {
  const std::size_t length = item.value_length();
  if (length <= limits::kPinnedValueBytes && !item.chained()) [[likely]] {
    return false;
  }
  if (!wants_value(request, item)) return false;
  return options_.gets_may_wait && !out.may_copy(length) &&
         !store_.may_pin(item, request.flags.has_waited);
}

GetOutcome Engine::get(const Request& request, const Output& out) {
  GetOutcome outcome;
  const FindResult found = store_.find(request.key, now_s_);
  if (found.item ? must_wait(request, found.item, out) : has_tier() && must_fetch(request, found)) {
    outcome.status = GetStatus::kMustWait;
    return outcome;
  }
  count_get(request, found);
  if (found.item) {
    outcome.status = GetStatus::kHit;
    outcome.item = found.item;
  } else if (!request.flags.has_vivify || !vivify(request, &outcome.item)) {
    return outcome;
  } else {
    if (found.miss != Miss::kAbsent) store_.count_replaced();
    outcome.status = GetStatus::kCreated;
  }
  read(request, outcome);
  if (has_tier() && (outcome.won || request.flags.has_exptime)) forget_record(request);
  return outcome;
}

// Makes an empty item for the client to fill. Returns false if there is no memory.
bool Engine::vivify(const Request& request, Item* item) {
  ItemFields fields;
  fields.cas = new_cas(request);
  fields.bits = made_item_key_bits(request);
  const PutStatus status = store_.put(request.key, {}, fields, {}, now_s_, item);
  count_refused(status);
  if (status != PutStatus::kStored) return false;
  --counters_.get_misses;
  ++band_of(*item).get_hits;
  return true;
}

// Records the state of the item, and changes it as the request says.
void Engine::read(const Request& request, GetOutcome& outcome) {
  const RequestFlags& flags = request.flags;
  Item& item = outcome.item;
  outcome.value_wanted = wants_value(request, item);
  outcome.bits_before = item.bits();
  outcome.source = &values_;
  outcome.now_s = now_s_;
  outcome.last_access_before = item.last_access();
  if (flags.has_exptime || outcome.created()) {
    outcome.exptimes = set_exptime(request, item, outcome.created());
  } else {
    outcome.exptimes.before = item.exptime();
  }
  if (flags.opaque_too_long) return;
  if (!flags.no_update) store_.on_hit(item, now_s_);
  if (!flags.may_win && !outcome.created()) return;
  outcome.won = outcome.created() ||
                (!outcome.win_was_sent() && (outcome.stale() || wins_recache(request, outcome)));
  if (outcome.won) item.set(kWinSent);
}

// memcached parses R as an exptime and compares: neither R0 nor a negative R ever wins.
bool Engine::wins_recache(const Request& request, const GetOutcome& outcome) const {
  if (!request.flags.has_recache) return false;
  const Exptimes& exptimes = outcome.exptimes;
  const UnixSeconds exptime =
      request.flags.exptime_before_recache ? exptimes.after_exptime : exptimes.before;
  return exptime != 0 && exptime < expiry_time(request.recache_ttl, now_s_);
}

// The effect of T, and of N if the item was created. If the client sent both, the last one decides.
Exptimes Engine::set_exptime(const Request& request, Item& item, bool created) {
  const RequestFlags& flags = request.flags;
  Exptimes exptimes;
  exptimes.before = item.exptime();
  const bool set = flags.has_exptime && !flags.exptime_after_opaque;
  const bool vivify = created && !flags.vivify_after_opaque;
  if (set) exptimes.after_exptime = expiry_time(request.exptime, now_s_);
  if (vivify) exptimes.after_vivify = expiry_time(request.vivify_exptime, now_s_);
  if (vivify && !(set && flags.vivify_before_exptime)) {
    item.set_exptime(exptimes.after_vivify);
  } else if (set) {
    item.set_exptime(exptimes.after_exptime);
  }
  return exptimes;
}

}  // namespace isocache
