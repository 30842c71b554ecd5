// What administrative commands act on. Every Backend implements it.
//
// A host with several shards:
//
//   figures()                { for each shard: lock it, sum.add(engine.figures()) }
//   flush_at(at_s, now_s)    { for each shard: lock it, engine.flush_at(at_s, now_s) }
//   flush_prefix(prefix, ..) { for each shard: lock it, engine.flush_prefix(prefix, now_s) }
//   add_prefixes(slice)      { for each shard: lock it, slice.add(engine.prefix_stats()) }
//   set_tiering(settings)    { for each shard: lock it, engine.set_tiering(settings) }
//   tier_regions(shard, ...) { lock that shard, engine.tier_regions(...) }
//   reset_counters()         { for each shard: lock it, engine.reset_counters() }
//   set_memory_limit(bytes)  { for each shard: lock it, store().set_memory_limit(bytes / shards) }
//   scan(shard, ...)         { lock that shard, store().scan(...) }
//   list_tier(shard, ...)    { lock that shard, engine.list_tier(...) }
//   end_tier_listing(...)    { lock that shard, engine.end_tier_listing(...) }
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "command/admin/host.h"
#include "command/cold_tier.h"
#include "command/late.h"
#include "command/listed_item.h"
#include "command/settings.h"
#include "command/stats/figures.h"
#include "command/stats/prefixes.h"
#include "command/tiering/tier_figures.h"
#include "command/tiering/tiering_settings.h"
#include "command/watching/watch_port.h"
#include "store/store.h"

namespace isocache {

class AdminTarget {
 public:
  virtual ~AdminTarget() = default;

  virtual AdminHost& host() = 0;
  // The commands read and change them. AdminHost::on_settings_changed() tells the host.
  virtual Settings& settings() = 0;

  virtual EngineFigures figures() = 0;                // all shards added up
  virtual void reset_counters() = 0;                  // stats reset: the shards' counters
  virtual void count_prefixes(bool on) = 0;           // stats detail on|off
  virtual void add_prefixes(PrefixSlice& slice) = 0;  // of all shards
  virtual void flush_at(UnixSeconds at_s, UnixSeconds now_s) = 0;
  // False: a shard has no room for one more prefix. Then other shards may have flushed it.
  virtual bool flush_prefix(std::string_view prefix, UnixSeconds now_s) = 0;
  // These two do nothing without a tier. The first is for all shards.
  virtual void set_tiering(const TieringSettings& settings) = 0;
  // The next regions of one shard's tier, from `first` on. Returns how many there were; 0: no more.
  virtual std::size_t tier_regions(unsigned shard, std::size_t first,
                                   std::span<TierRegion> rows) = 0;
  // All shards together; false when that is too little for what is stored and indexed.
  virtual bool set_memory_limit(std::size_t bytes) = 0;

  virtual unsigned shard_count() const = 0;
  // Store::scan of one shard: up to max_items from cursor on, and up to limits::kScanRecords
  // records looked at. Returns the next cursor, 0 at the end.
  virtual std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items,
                             UnixSeconds now_s, ItemVisitor& visitor) = 0;
  // ColdTier::list() of one shard; kEnd without a tier. Whoever has begun a listing ends it.
  virtual ListNext list_tier(unsigned shard, TierListing*& listing, UnixSeconds now_s,
                             ItemVisitor& visitor, Waker* waker) = 0;
  virtual void end_tier_listing(unsigned shard, TierListing* listing) = 0;

  // Null: nobody can watch.
  virtual WatchPort* watch_port() { return nullptr; }
};

}  // namespace isocache
