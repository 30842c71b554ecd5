// What the engine asks of a tier behind its store. command/tiering/ has the one that there is. The
// seam is here so that a program without a tier does not carry one.
//
// The rule that everything rests on: while the tier may hold a key, its record is what the item is,
// or the store has the key and nobody changed the item since. So the engine calls forget() when it
// has changed, stored or removed an item. The tier may forget anything at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/key.h"
#include "command/late.h"
#include "command/listed_item.h"
#include "command/tiering/tier_figures.h"
#include "command/tiering/tiering_settings.h"
#include "store/store.h"

namespace isocache {

// Where a dump is in a tier. Only the tier knows what it consists of.
class TierListing;

enum class ListNext : std::uint8_t {
  kGoOn,   // call list() again at once: buffers are held
  kMore,   // when there is time and room
  kLater,  // when the waker was called with kStreamToken
  kEnd,
};

class ColdTier {
 public:
  virtual ~ColdTier() = default;

  // The store whose evictions it hears of (StoreOptions::observer). The engine calls it once,
  // first. Nothing may be called when the store is gone.
  virtual void attach(Store& store) = 0;

  virtual void set(const TieringSettings& settings) = 0;
  // The store's time has changed.
  virtual void on_time(UnixSeconds now_s) = 0;

  // True if there may be a record of that key.
  virtual bool may_hold(std::uint64_t hash) const = 0;
  // The key's item was changed: its record is no longer true.
  virtual void forget(std::uint64_t hash) = 0;
  // All records are dead.
  virtual void flush() = 0;
  // Records have positions that grow as they are written. All records lie at `begin` or behind it,
  // and before `end`. See Store::flush_prefix().
  virtual std::uint64_t begin_position() const = 0;
  virtual std::uint64_t end_position() const = 0;
  // Replaces pages of memory that the tier has used up, a page each time. It may evict, so call it
  // when a request has been executed.
  virtual void stock_up() = 0;
  // Background work that evictions have brought about, a little each time. stock_up() does it, too.
  virtual void keep_pace() = 0;
  // A bounded step of background work. True: there is more to do at once.
  virtual bool step() = 0;

  // Fetches the record of a key that the store lacks.
  enum class Fetch : std::uint8_t {
    kMissing,  // there is none, or not any more
    kFound,    // the functions below work, until release() or the next fetch
    kLate,     // see token()
    kNotNow,   // there may be one, which cannot be read now
  };
  virtual Fetch fetch(const Key& key, UnixSeconds now_s, Waker* waker) = 0;
  // The same for a request with a token, which ends. It may have ended before: then the request had
  // to wait for memory, or was put off.
  virtual Fetch fetch_again(LateToken token, const Key& key, UnixSeconds now_s, Waker* waker) = 0;
  virtual LateToken token() const = 0;
  // The request cannot be answered yet, or needs no record any longer: the token ends, and what was
  // read for it may go.
  virtual void put_off(LateToken token) = 0;
  // Nobody waits for it any longer.
  virtual void abandon(LateToken token) = 0;
  // The fetched record may answer a plain get: it is short, not stale, and was not read before.
  virtual bool may_answer() const = 0;
  // The fetched record as an item in one piece, until the next call. REQUIRES: may_answer().
  virtual ItemHeader* fetched_header() = 0;
  // The fetched record has answered a get, and stays where it is. `counts`: as a read of the item.
  virtual void note_answer(bool counts) = 0;
  // Puts what was fetched back into the store. False: it has no memory.
  virtual bool bring_back(const Key& key, UnixSeconds now_s) = 0;
  // What was fetched is used up.
  virtual void release() = 0;

  virtual TierFigures figures() const = 0;
  virtual void reset_counters() = 0;
  // The next regions, from `first` on. Returns how many there were; 0: no more.
  virtual std::size_t list_regions(std::size_t first, std::span<TierRegion> rows) const = 0;

  // Visits the next items that the tier holds and the store lacks: a bounded step. Null begins a
  // new listing. Items that change, or move between memory and tier meanwhile, may be left out or
  // visited twice. `waker` lives until end_listing().
  virtual ListNext list(TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor,
                        Waker* waker) = 0;
  virtual void end_listing(TierListing* listing) = 0;
};

}  // namespace isocache
