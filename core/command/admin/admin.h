// Commands that are not about one key: flush_all, version, verbosity, stats, cache_memlimit,
// lru_crawler, lru, slabs, watch, shutdown, quit, ... They are parsed and worded once, here. They
// act on an AdminTarget, which every Backend implements. An AdminHost adds what only a host has
// (sockets, threads, certificates).
//
// A host with several shards:
//
//   AdminResult administer(const Request& request, const Clock& clock, Output& out) {
//     std::lock_guard lock(admin_mutex_);  // one administrative command at a time
//     return run_admin_command(request, *this, clock, out);
//   }
//   figures()                { for each shard: lock it, sum.add(engine.figures()) }
//   flush_at(at_s, now_s)    { for each shard: lock it, engine.flush_at(at_s, now_s) }
//   add_prefixes(slice)      { for each shard: lock it, slice.add(engine.prefix_stats()) }
//   reset_counters()         { for each shard: lock it, engine.reset_counters() }
//   set_memory_limit(bytes)  { for each shard: lock it, store().set_memory_limit(bytes / shards) }
//   scan(shard, ...)         { lock that shard, store().scan(...) }
//
// A long answer, such as a metadump, is a ReplyStream. Session::resume() asks it for a slice at a
// time, outside of administer(). So scan() and add_prefixes() take no admin lock, only a shard's.
// The stream must be destroyed before the target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "command/admin/host.h"
#include "command/backend.h"
#include "command/settings.h"
#include "command/stats/figures.h"
#include "command/stats/prefixes.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"

namespace isocache {

class ItemVisitor {
 public:
  virtual ~ItemVisitor() = default;
  virtual void visit(const ItemView& item) = 0;
};

class AdminTarget {
 public:
  virtual ~AdminTarget() = default;

  virtual AdminHost& host() = 0;
  // Commands read and change them. AdminHost::on_settings_changed() tells the host about a change.
  virtual Settings& settings() = 0;

  virtual EngineFigures figures() = 0;                // all shards added up
  virtual void reset_counters() = 0;                  // stats reset: the shards' counters
  virtual void count_prefixes(bool on) = 0;           // stats detail on|off
  virtual void add_prefixes(PrefixSlice& slice) = 0;  // of all shards
  virtual void flush_at(UnixSeconds at_s, UnixSeconds now_s) = 0;
  // The limit of all shards together. Returns false if it is too small for the stored items and the
  // index.
  virtual bool set_memory_limit(std::size_t bytes) = 0;

  virtual unsigned shard_count() const = 0;
  // Store::scan of one shard: returns up to max_items items from the cursor on, and visits up to
  // limits::kScanRecords records. Returns the next cursor, 0 at the end.
  virtual std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items,
                             UnixSeconds now_s, ItemVisitor& visitor) = 0;
};

// Executes one kAdmin request.
AdminResult run_admin_command(const Request& request, AdminTarget& target, const Clock& clock,
                              Output& out);

}  // namespace isocache
