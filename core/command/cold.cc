// Requests for items on the tier. The record is fetched, put back into the store, and then the
// ordinary code executes the request as if it had never left. Only a plain get is answered from the
// record itself.
#include "base/check.h"
#include "command/engine.h"
#include "command/exptime.h"
#include "command/wording/miss.h"
#include "command/wording/wording.h"

namespace isocache {
namespace {

// A set needs nothing of the old item, and nobody hears whether `delete noreply` found one.
bool needs_no_record(const Request& request) {
  if (request.verb == Verb::kStore) {
    return request.store.mode == StoreMode::kSet && !request.flags.has_compare_cas;
  }
  return request.verb == Verb::kDelete && request.style == ReplyStyle::kText && request.flags.quiet;
}

// A get that gives its item an exptime in the past.
bool expires_item(const Request& request, UnixSeconds now_s) {
  if (request.verb != Verb::kGet || !request.flags.has_exptime) return false;
  const UnixSeconds exptime = expiry_time(request.exptime, now_s);
  return exptime != 0 && exptime <= now_s;
}

}  // namespace

// Before a request is executed: whether its item has to be fetched first.
bool Engine::is_cold(const Request& request) {
  if (request.verb == Verb::kReply) return false;
  return !needs_no_record(request) && must_fetch(request, store_.find(request.key, now_s_));
}

// An item that has expired in the store, or was flushed there, is no better on the tier.
bool Engine::must_fetch(const Request& request, const FindResult& found) {
  if (found.item) return false;
  if (found.miss != Miss::kAbsent) {
    forget_record(request);
    return false;
  }
  stopped_at_cold_ = tiering_->may_hold(request.key.hash);
  return stopped_at_cold_;
}

void Engine::forget_record(const Request& request) { tiering_->forget(request.key.hash); }

Executed Engine::execute_cold(Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                              Waker* waker) {
  check(has_tier());
  begin_turn(now_s);
  const ColdTier::Fetch fetch = tiering_->fetch(request.key, now_s, waker);
  return execute_fetched(request, upload, fetch, out);
}

Executed Engine::finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
                        Output& out, Waker* waker) {
  check(has_tier());
  begin_turn(now_s);
  // Somebody may have brought it back since: this request itself, if it then had to wait for
  // memory.
  if (store_.find(request.key, now_s_).item) {
    tiering_->put_off(token);
    return execute_here(request, upload, out);
  }
  const ColdTier::Fetch fetch = tiering_->fetch_again(token, request.key, now_s, waker);
  return execute_fetched(request, upload, fetch, out);
}

Executed Engine::execute_fetched(Request& request, Upload* upload, ColdTier::Fetch fetch,
                                 Output& out) {
  if (replies_may_be_late() && fetch == ColdTier::Fetch::kLate) return {0, tiering_->token()};
  if (fetch == ColdTier::Fetch::kNotNow) {
    reply_without_record(request, upload, out);
    return {1};
  }
  const bool found = fetch == ColdTier::Fetch::kFound;
  if (found && may_answer_from_record(request)) {
    answer_from_record(request, out);
    tiering_->release();
    return {1};
  }
  if (found && !tiering_->bring_back(request.key, now_s_)) forget_record(request);
  return execute_here(request, upload, out);
}

Executed Engine::execute_here(Request& request, Upload* upload, Output& out) {
  if (upload != nullptr) return {finish_upload(request, *upload, now_s_, out) ? 1U : 0U};
  return {execute(request, now_s_, out) ? 1U : 0U};
}

// The first hit of an item that the request neither changes nor may have to refresh: it stays where
// it is, so that one read of a cold item does not push a warm one out.
bool Engine::may_answer_from_record(const Request& request) const {
  if (request.verb != Verb::kGet) return false;
  if (request.flags.has_exptime || request.flags.has_recache) return false;
  return tiering_->may_answer();
}

void Engine::answer_from_record(Request& request, Output& out) {
  GetOutcome outcome;
  outcome.status = GetStatus::kHit;
  outcome.item = Store::outside_item(tiering_->fetched_header());
  count_get(request, {outcome.item, Miss::kAbsent});
  const bool counts = !request.flags.no_update;
  request.flags.no_update = true;  // the store does not know the item
  read(request, outcome);
  outcome.source = nullptr;
  word(outcome, request, out);
  if (request.style == ReplyStyle::kMeta) ++counters_.cmd_meta;
  if (options_.count_prefixes) count_get_by_prefix(request, true);
  if (watched()) note_record(request, outcome.item);
  tiering_->note_answer(counts);
}

void Engine::give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
                     Output& out) {
  check(has_tier());
  begin_turn(now_s);
  // It may be in memory by now.
  const bool is_get = request.verb == Verb::kGet;
  if (is_get && store_.find(request.key, now_s_).item && execute(request, now_s_, out)) {
    tiering_->put_off(token);
    return;
  }
  tiering_->abandon(token);
  reply_without_record(request, upload, out);
}

// Who wants an item deleted, or expired, and hears that there is none, must be able to rely on it.
// So its record goes. Another request may have brought the item back to memory meanwhile.
void Engine::reply_without_record(Request& request, Upload* upload, Output& out) {
  if (upload != nullptr) store_.abort_upload(*upload);
  if (request.verb == Verb::kDelete || request.verb == Verb::kTouch) {
    forget_record(request);
    execute(request, now_s_, out);
    return;
  }
  if (expires_item(request, now_s_)) {
    forget_record(request);
    if (const Item item = store_.find(request.key, now_s_).item) store_.remove(item);
  }
  count_miss(request, upload != nullptr);
  say_miss(request, [&](const auto& outcome) {
    word(outcome, request, out);
    if (watched()) note(request, {}, outcome);
  });
}

// What the request would have counted if no item had its key. By prefix, begin_upload() has.
void Engine::count_miss(const Request& request, bool is_upload) {
  if (request.style == ReplyStyle::kMeta) ++counters_.cmd_meta;
  switch (request.verb) {
    case Verb::kGet:
      count_get(request, {});
      if (options_.count_prefixes) count_get_by_prefix(request, false);
      break;
    case Verb::kStore: {
      const std::size_t key_bytes = request.key.bytes.size();
      ++counters_.bands[Store::band_of(key_bytes, request.store.value_length)].cmd_set;
      if (misses_cas(request)) ++counters_.cas_misses;
      if (options_.count_prefixes && !is_upload) count_store(request);
      break;
    }
    case Verb::kArithmetic:
      ++(request.arithmetic.decrement ? counters_.decr_misses : counters_.incr_misses);
      break;
    default: break;
  }
}

void Engine::put_off(LateToken token) {
  check(has_tier());
  tiering_->put_off(token);
}

void Engine::abandon(LateToken token, Upload* upload) {
  check(has_tier());
  tiering_->abandon(token);
  if (upload != nullptr) store_.abort_upload(*upload);
}

}  // namespace isocache
