#include "command/engine.h"

#include "base/inline.h"
#include "command/wording/wording.h"
#include "store/prefix_part.h"

namespace isocache {

Engine::Engine(Store& store, const EngineOptions& options)
    : store_(store),
      tiering_(options.tiering),
      observed_(options.count_prefixes),
      options_(options),
      values_{store, options.shard} {
  if (has_tier()) tiering_->attach(store);
}

void Engine::begin_turn(UnixSeconds now_s) {
  stopped_at_cold_ = false;
  if (now_s_ != now_s) [[unlikely]] {
    now_s_ = now_s;
    if (has_tier()) {
      tiering_->on_time(now_s);
      if (prefixes_can_be_flushed() && store_.remembers_prefixes()) forget_flushed_prefixes();
    }
  }
  if (flush_at_s_ != 0 && flush_at_s_ <= now_s) [[unlikely]] {
    flush_at_s_ = 0;
    flush();
  }
}

void Engine::flush() {
  store_.flush();
  if (has_tier()) tiering_->flush();
}

void Engine::prefetch(std::span<const Request> requests) const {
  for (const Request& request : requests) {
    if (!request.key.bytes.empty()) store_.prefetch_bucket(request.key.hash);
  }
  for (const Request& request : requests) {
    if (!request.key.bytes.empty()) store_.prefetch_item(request.key.hash);
  }
}

inline bool Engine::execute_one(const Request& request, Output& out) {
  if (observed_) [[unlikely]]
    return execute_observed(request, out);
  return dispatch(request, out);
}

std::size_t Engine::execute(std::span<Request> requests, UnixSeconds now_s, Output& out) {
  if (requests.size() > 1) prefetch(requests);
  return execute_prefetched(requests, now_s, out);
}

std::size_t Engine::execute_prefetched(std::span<Request> requests, UnixSeconds now_s,
                                       Output& out) {
  begin_turn(now_s);
  std::size_t done = 0;
  while (done < requests.size() && !out.full() && execute_one(requests[done], out)) ++done;
  return done;
}

bool Engine::execute(Request& request, UnixSeconds now_s, Output& out) {
  begin_turn(now_s);
  return execute_one(request, out);
}

bool Engine::dispatch(const Request& request, Output& out) {
  if (request.verb == Verb::kReply) {
    word(request.reply, request, out);
  } else if (!decide(request, out, [&](const auto& outcome) { word(outcome, request, out); })) {
    return false;
  }
  if (request.style == ReplyStyle::kMeta) ++counters_.cmd_meta;
  return true;
}

ISOCACHE_RARE PutStatus Engine::begin_upload(const Request& request, UnixSeconds now_s,
                                             Upload* upload) {
  begin_turn(now_s);
  // an upload that has waited was counted by its first call
  const bool first = upload->ticket == 0;
  if (options_.count_prefixes && first) [[unlikely]]
    count_store(request);
  const Looked before = look_if_watched(request);
  if (refuse_too_large(request)) {
    if (watched()) note(request, before, StoreOutcome{StoreStatus::kTooLarge});
    return PutStatus::kTooLarge;
  }
  const PutStatus status =
      store_.begin_upload(request.key, request.store.value_length, now_s, upload);
  count_refused(status);
  if (status == PutStatus::kNoMemory) {
    drop_refused(request);
    if (watched()) note(request, before, StoreOutcome{StoreStatus::kNoMemory});
  }
  return status;
}

void Engine::refuse_upload(const Request& request, Upload& upload) {
  const Looked before = look_if_watched(request);
  store_.abort_upload(upload);
  count_refused(PutStatus::kNoMemory);
  drop_refused(request);
  if (watched()) note(request, before, StoreOutcome{StoreStatus::kNoMemory});
}

ISOCACHE_RARE bool Engine::finish_upload(const Request& request, Upload& upload, UnixSeconds now_s,
                                         Output& out) {
  begin_turn(now_s);
  if (must_fetch_first(request)) return false;
  const Looked before = look_if_watched(request);
  tell(request, store(request, &upload), [&](const StoreOutcome& outcome) {
    word(outcome, request, out);
    if (watched()) note(request, before, outcome);
  });
  if (request.style == ReplyStyle::kMeta) ++counters_.cmd_meta;
  return true;
}

void Engine::count_refused(PutStatus status) {
  if (status == PutStatus::kTooLarge) ++counters_.store_too_large;
  if (status == PutStatus::kNoMemory) ++counters_.store_no_memory;
}

ISOCACHE_RARE void Engine::flush_at(UnixSeconds at_s, UnixSeconds now_s) {
  begin_turn(now_s);  // if an earlier flush is due, it takes effect first
  if (options_.shard == 0) ++counters_.cmd_flush;
  flush_at_s_ = at_s <= now_s ? 0 : at_s;
  if (flush_at_s_ == 0) flush();
}

// The tier may have used regions again since.
ISOCACHE_RARE void Engine::forget_flushed_prefixes() {
  store_.forget_flushed_prefixes(has_tier() ? tiering_->begin_position() : 0);
}

ISOCACHE_RARE bool Engine::flush_prefix(std::string_view prefix, UnixSeconds now_s) {
  if (!prefixes_can_be_flushed()) return false;
  begin_turn(now_s);
  forget_flushed_prefixes();
  if (!store_.make_room_for_prefix(prefix)) return false;
  if (options_.shard == 0) ++counters_.cmd_flush;
  return store_.flush_prefix(prefix, options_.prefix_delimiter,
                             has_tier() ? tiering_->end_position() : 0);
}

ISOCACHE_RARE bool Engine::tick(UnixSeconds now_s) {
  begin_turn(now_s);
  const bool more = store_.tick(now_s);
  return (has_tier() && tiering_->step()) || more;
}

ISOCACHE_RARE EngineFigures Engine::figures() const {
  EngineFigures figures;
  figures.engine = counters_;
  figures.store = store_.counters();
  subtract(figures.store, store_at_reset_);
  for (unsigned band = 0; band < kBands; ++band) {
    BandStats& stats = figures.bands[band] = store_.band_stats(band);
    if (figures.store.bands[band].evictions == 0) stats.evicted_age_s = 0;
  }
  figures.memory = store_.memory_use();
  figures.items = store_.item_count();
  const IndexStats index = store_.index_stats();
  figures.index_buckets = index.buckets;
  figures.index_growing = index.growing;
  figures.shards = 1;
  if (has_tier()) figures.tier = tiering_->figures();
  return figures;
}

ISOCACHE_RARE void Engine::reset_counters() {
  counters_ = {};
  prefix_stats_.clear();
  if (has_tier()) tiering_->reset_counters();
  store_at_reset_ = store_.counters();
}

ISOCACHE_RARE void Engine::set_tiering(const TieringSettings& settings) {
  if (has_tier()) tiering_->set(settings);
}

ISOCACHE_RARE std::size_t Engine::tier_regions(std::size_t first,
                                               std::span<TierRegion> rows) const {
  return has_tier() ? tiering_->list_regions(first, rows) : 0;
}

ISOCACHE_RARE ListNext Engine::list_tier(TierListing*& listing, UnixSeconds now_s,
                                         ItemVisitor& visitor, Waker* waker) {
  begin_turn(now_s);
  if (!has_tier()) return ListNext::kEnd;
  return tiering_->list(listing, now_s, visitor, waker);
}

std::uint64_t Engine::new_cas(const Request& request) {
  if (!options_.cas_enabled) return 0;
  return request.flags.has_new_cas ? request.new_cas : store_.next_cas();
}

}  // namespace isocache
