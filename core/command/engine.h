// Executes requests against one store. There is one implementation each of get, store, delete,
// arithmetic, touch and debug, for all protocols. A command returns an outcome (outcome.h), and a
// wording (wording/wording.h) writes it in the protocol of the request.
//
// Works without any connection (see examples/embed.cc):
//
//   Request request;
//   KeyBuffer key_buffer;
//   make_request("ms", "key", "T60", "value", key_buffer, request);   // protocol/parser.h
//   request.key.hash = Store::hash(request.key.bytes, hash_key);
//   engine.execute(request, now_s, out);                              // out: "HD\r\n"
//
// The engine is single-threaded, like its store. A host with several threads has an engine for each
// shard, and holds the shard's lock around every call here.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "command/cold_tier.h"
#include "command/late.h"
#include "command/outcome.h"
#include "command/program_parts.h"
#include "command/stats/figures.h"
#include "command/stats/prefixes.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"
#include "watch/event_buffer.h"

namespace isocache {

struct TieringSettings;

struct EngineOptions {
  std::uint32_t shard = 0;  // goes into every Pin, so that the host can find the store
  bool cas_enabled = true;
  // If a value can neither be copied nor pinned now, its get is executed later; see
  // Backend::execute(). False: the value is copied, however long it is.
  bool gets_may_wait = false;
  bool count_prefixes = false;  // stats detail on
  char prefix_delimiter = ':';
  ColdTier* tiering = nullptr;  // the store's; null: there is no tier. It must outlive the engine
};

class Engine {
 public:
  // REQUIRES: `store` outlives the engine.
  Engine(Store& store, const EngineOptions& options);

  // Executes requests in order and appends their replies in order. Returns how many it executed, as
  // Backend::execute() does. A run of more than one is prefetched first. REQUIRES: every request's
  // key belongs to this shard, or the request is kReply; none is kAdmin.
  std::size_t execute(std::span<Request> requests, UnixSeconds now_s, Output& out);
  // The same for a host whose batches hold requests of several shards and that prefetches by
  // itself.
  std::size_t execute_prefetched(std::span<Request> requests, UnixSeconds now_s, Output& out);
  // Executes one request, even if the output is full. False if it must wait; then nothing was done.
  bool execute(Request& request, UnixSeconds now_s, Output& out);
  // Executes one request and passes its outcome to say(outcome), for a caller with a wording of its
  // own, which may append to `out`. A kReply has no outcome. Returns false if the request must
  // wait; then nothing was done.
  template <typename Say>
  bool execute(const Request& request, UnixSeconds now_s, const Output& out, Say&& say) {
    begin_turn(now_s);
    return decide(request, out, say);
  }

  // True if execute() stopped at a request whose item may be on the tier. Then execute_cold() goes
  // on with that request.
  bool stopped_at_cold() const { return stopped_at_cold_; }
  // Executes one such request; with the results of Backend::finish(). `upload`: as there.
  Executed execute_cold(Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                        Waker* waker);
  // Backend's functions of the same names, for this shard.
  Executed finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                  Waker* waker);
  void give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out);
  void put_off(LateToken token);
  void abandon(LateToken token, Upload* upload);
  PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload);
  std::span<char> upload_window(Upload& upload) {
    if (has_tier()) tiering_->keep_pace();
    return store_.upload_window(upload);
  }
  void upload_received(Upload& upload, std::size_t bytes) { store_.upload_received(upload, bytes); }
  void abort_upload(Upload& upload) { store_.abort_upload(upload); }
  void refuse_upload(const Request& request, Upload& upload);
  // False: it stopped at a request whose item may be on the tier, and the upload goes on.
  bool finish_upload(const Request& request, Upload& upload, UnixSeconds now_s, Output& out);
  void release(Pin pin) { store_.unpin(pin.segment); }

  // Hides all items that were stored before `at_s`, as soon as that time has come. A later call
  // replaces an earlier one that still waits.
  void flush_at(UnixSeconds at_s, UnixSeconds now_s);
  // Hides all items with this prefix (find_prefix()) that were stored before. False: there is no
  // room to remember one more prefix.
  bool flush_prefix(std::string_view prefix, UnixSeconds now_s);
  // Background work, see Store::tick(). True if there is more to do at once.
  bool tick(UnixSeconds now_s);

  EngineFigures figures() const;
  void reset_counters();
  // stats detail on|off. When it is off, the counts stay.
  void count_prefixes(bool on);
  // These need a tier to do anything; see ColdTier.
  void set_tiering(const TieringSettings& settings);
  std::size_t tier_regions(std::size_t first, std::span<TierRegion> rows) const;
  ListNext list_tier(TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor, Waker* waker);
  void end_tier_listing(TierListing* listing) { tiering_->end_listing(listing); }
  const PrefixStats& prefix_stats() const { return prefix_stats_; }
  // From now on events of the shard go to `next`. Returns where they went before. Null: nobody
  // watches.
  std::unique_ptr<EventBuffer> exchange_events(std::unique_ptr<EventBuffer> next);
  Store& store() { return store_; }

 private:
  void prefetch(std::span<const Request> requests) const;
  // These return false if the request must wait; then nothing was done.
  bool execute_one(const Request& request, Output& out);
  bool dispatch(const Request& request, Output& out);
  template <typename Say>
  bool decide(const Request& request, const Output& out, Say&& say);
  void begin_turn(UnixSeconds now_s);
  void flush();
  void forget_flushed_prefixes();

  // get.cc
  GetOutcome get(const Request& request, const Output& out);
  bool must_wait(const Request& request, const Item& item, const Output& out) const;
  void count_get(const Request& request, const FindResult& found);
  bool vivify(const Request& request, Item* item);
  void read(const Request& request, GetOutcome& outcome);
  bool wins_recache(const Request& request, const GetOutcome& outcome) const;
  Exptimes set_exptime(const Request& request, Item& item, bool created);

  // store_value.cc
  StoreOutcome store(const Request& request, Upload* upload = nullptr);
  StoreStatus may_create(const Request& request, ItemFields& fields);
  bool passes_cas(const Request& request, Item old, ItemFields& fields);
  StoreStatus may_store(const Request& request, Item old, ItemFields& fields);
  StoreStatus write_whole(const Request& request, Upload* upload, Item old,
                          const ItemFields& fields);
  StoreStatus write_joined(const Request& request, Upload* upload, Item old,
                           const ItemFields& fields, std::size_t* value_length);
  PutStatus put_joined(const Request& request, const Upload* upload, Item old,
                       const ItemFields& fields);
  bool refuse_too_large(const Request& request);
  void drop_refused(const Request& request);
  void count_refused(PutStatus status);

  // delete.cc
  DeleteOutcome remove(const Request& request);
  bool remove_or_keep(const Request& request, Item item, std::uint64_t* kept_cas);

  // touch.cc
  TouchOutcome touch(const Request& request);

  // arithmetic.cc
  ArithmeticOutcome arithmetic(const Request& request);
  ArithmeticStatus add_to(const Request& request, Item* item, std::uint64_t* number);
  bool create_number(const Request& request, Item* item);
  bool write_number(const Request& request, std::uint64_t value, Item* item);

  // debug.cc
  DebugOutcome debug(const Request& request);

  // watch.cc: writes down what requests find and do
  struct Looked {
    EventFound found = EventFound::kNotFound;
    std::uint8_t item_class = 0;
    UnixSeconds exptime = 0;
    std::size_t size = 0;
  };
  class EvictionEvents final : public EvictionObserver {
   public:
    explicit EvictionEvents(Engine& engine) : engine_(engine) {}
    bool evicting(const ItemView& item, std::uint64_t hash) noexcept override;
    EvictionObserver* next = nullptr;  // the tier, or the host

   private:
    Engine& engine_;
  };
  bool watched() const { return watchers_exist() && events_ != nullptr; }
  Looked look(const Request& request) const;
  Looked look_if_watched(const Request& request) const {
    return watched() ? look(request) : Looked();
  }
  bool tells_of_get(const Request& request) const;
  bool dispatch_and_watch(const Request& request, Output& out);
  void note(const Request& request, const Looked& before, const GetOutcome& outcome);
  void note(const Request& request, const Looked& before, const StoreOutcome& outcome);
  void note(const Request& request, const Looked& before, const DeleteOutcome& outcome);
  void note(const Request& request, const Looked& before, const ArithmeticOutcome& outcome);
  void note(const Request& request, const Looked& before, const TouchOutcome& outcome);
  void note(const Request& request, const Looked& before, const DebugOutcome& outcome);
  void note_get(const Request& request, const Looked& found);
  void note_store(const Request& request, const StoreOutcome& outcome, EventCommand command);
  void note_record(const Request& request, const Item& item);

  // count_prefix.cc
  bool execute_observed(const Request& request, Output& out);
  bool dispatch_observed(const Request& request, Output& out);
  bool execute_and_count(const Request& request, Output& out);
  void count_get_by_prefix(const Request& request, bool is_hit);
  void count_store(const Request& request);
  PrefixCounters* prefix_counters(const Request& request);

  // cold.cc
  bool has_tier() const { return tiers_exist() && tiering_ != nullptr; }
  // A get asks by itself, when the store lacks its key. So one that hits costs nothing more.
  bool must_fetch_first(const Request& request) {
    return has_tier() && request.verb != Verb::kGet && is_cold(request);
  }
  // After a request that may have changed its item.
  template <typename Outcome, typename Say>
  void tell(const Request& request, const Outcome& outcome, Say&& say);
  bool is_cold(const Request& request);
  bool must_fetch(const Request& request, const FindResult& found);
  bool may_answer_from_record(const Request& request) const;
  Executed execute_fetched(Request& request, Upload* upload, ColdTier::Fetch fetch, Output& out);
  Executed execute_here(Request& request, Upload* upload, Output& out);
  void reply_without_record(Request& request, Upload* upload, Output& out);
  void count_miss(const Request& request, bool is_upload);
  void answer_from_record(Request& request, Output& out);
  void forget_record(const Request& request);

  std::uint64_t new_cas(const Request& request);
  BandCounters& band_of(const Item& item) {
    return counters_.bands[Store::band_of(item.key().size(), item.value_length())];
  }

  // First the fields that every request reads, then those that it writes. The host's lock fits
  // beside the former.
  Store& store_;
  UnixSeconds now_s_ = 0;
  UnixSeconds flush_at_s_ = 0;  // 0: none waits
  ColdTier* tiering_;
  bool stopped_at_cold_ = false;
  bool observed_ = false;  // requests are counted by prefix, or somebody watches
  EngineOptions options_;
  ValueSource values_;
  EngineCounters counters_;
  // the store's counters at the last reset; the store never resets them
  StoreCounters store_at_reset_;
  PrefixStats prefix_stats_;
  std::unique_ptr<EventBuffer> events_;  // null: nobody watches
  EvictionEvents eviction_events_{*this};
};

// The record goes first, because the wording may find no memory. Not before the request: the room
// for a new value may be made by evicting the old one, and its record must not outlive it. Gets
// forget by themselves, if they change the item. To stock up may evict what the outcome points at.
template <typename Outcome, typename Say>
void Engine::tell(const Request& request, const Outcome& outcome, Say&& say) {
  if (!has_tier()) [[likely]] {
    say(outcome);
    return;
  }
  forget_record(request);
  say(outcome);
  tiering_->stock_up();
}

template <typename Say>
bool Engine::decide(const Request& request, const Output& out, Say&& say) {
  if (must_fetch_first(request)) [[unlikely]]
    return false;
  switch (request.verb) {
    case Verb::kGet: {
      const GetOutcome outcome = get(request, out);
      if (outcome.status == GetStatus::kMustWait) return false;
      say(outcome);
      break;
    }
    case Verb::kStore: tell(request, store(request), say); break;
    case Verb::kDelete: tell(request, remove(request), say); break;
    case Verb::kArithmetic: tell(request, arithmetic(request), say); break;
    case Verb::kTouch: tell(request, touch(request), say); break;
    case Verb::kDebug: say(debug(request)); break;
    case Verb::kReply: break;
    case Verb::kAdmin: assert(false && "the backend's administer() executes these"); break;
  }
  return true;
}

}  // namespace isocache
