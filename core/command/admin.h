// The commands that are not about one key: flush_all, version, verbosity, stats, cache_memlimit,
// lru_crawler, lru, slabs, watch, shutdown, quit, ... Their parsing and wording is here, once; what
// they act on is an AdminTarget, which every Backend implements.
//
// A sharded host:
//
//   AdminResult ShardedBackend::administer(const Request& request, const Clock& clock, Output& out)
//   {
//     std::lock_guard lock(admin_mutex_);             // one administrative command at a time
//     return run_admin_command(request, *this, clock, out);
//   }
//   EngineFigures figures()      { for each shard: lock it, sum.add(engine.figures()) }
//   void flush_at(...)           { for each shard: lock it, engine.flush_at(...) }
//   void add_prefixes(slice)     { for each shard: lock it, slice.add(engine.prefix_stats()) }
//   void reset_counters()        { for each shard: lock it, engine.reset_counters(); its own too }
//   bool set_memory_limit(bytes) { for each shard: lock it, store().set_memory_limit(bytes /
//   shards) } scan(shard, ...)             { lock that shard, store().scan(cursor, max_items,
//   now_s, visitor) }
//
// A metadump is a ReplyStream that calls scan() a slice at a time, from Session::resume(), outside
// administer(): scan() takes no admin lock, only its shard's. It may outlive nothing but the
// session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "command/backend.h"
#include "command/settings.h"
#include "command/stats.h"
#include "command/stats_prefixes.h"
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

  // Read and changed by the commands. A switch that the host must act on it sees in
  // settings_changed().
  virtual Settings& settings() = 0;
  // After a command changed settings (verbosity, lru_crawler ..., never the memory limit).
  virtual void settings_changed() {}

  virtual EngineFigures figures() = 0;                  // all shards added up
  virtual HostStats host_stats(UnixSeconds now_s) = 0;  // process and connections
  // Some lines of `stats conns`: of the next few connections whose descriptors are above `*after`,
  // in ascending order. Sets it to the last one's; false: there are no more. May be called outside
  // of a command.
  virtual bool write_connections(int* /*after*/, StatsWriter& /*stats*/) { return false; }
  virtual void reset_counters() = 0;                  // stats reset
  virtual void count_prefixes(bool on) = 0;           // stats detail on|off
  virtual void add_prefixes(PrefixSlice& slice) = 0;  // of all shards
  virtual void flush_at(UnixSeconds at_s, UnixSeconds now_s) = 0;
  // All shards together; false when that is too little for what is stored and indexed.
  virtual bool set_memory_limit(std::size_t bytes) = 0;

  virtual unsigned shard_count() const = 0;
  // Store::scan of one shard: up to max_items from cursor on, and up to limits::kScanRecords
  // records looked at; the next cursor, 0 at the end.
  virtual std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items,
                             UnixSeconds now_s, ItemVisitor& visitor) = 0;

  // refresh_certs; null when it went well, else why not. Only called when settings().tls_enabled.
  virtual const char* refresh_certificates(UnixSeconds /*now_s*/) { return nullptr; }
};

// Executes one kAdmin request.
AdminResult run_admin_command(const Request& request, AdminTarget& target, const Clock& clock,
                              Output& out);

}  // namespace isocache
