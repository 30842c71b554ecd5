// The server's Backend: a power-of-two number of engines, each behind its own lock.
//
//   batch of requests -> prefetch, shard by shard -> a lock and Engine::execute for each run of
//                                                    requests of one shard, in the order sent
//
// Only prefetching may be out of order. If a client writes one key and then another, no other
// client may see the second write without the first.
//
// Locks: a shard's mutex covers anything that its store does. The admin mutex covers one
// administrative command at a time, and is taken first. No lock is held across IO, nor when a call
// returns. Reserved upload memory is filled without a lock, because nothing else can reach it
// before commit.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "command/admin/admin.h"
#include "command/backend.h"
#include "command/engine.h"
#include "command/settings.h"
#include "command/tiering/tiering.h"
#include "native/shards/locked_device.h"
#include "native/shards/reserved_memory.h"
#include "native/shards/shard_tier.h"
#include "native/shards/sharded_watch.h"
#include "native/shards/spinning_mutex.h"
#include "store/store.h"

namespace isocache {

// All figures that can be shown of a server, taken at one time.
struct ServerFigures {
  Settings settings;
  HostRows host_stats;
  HostRows host_settings;
  std::vector<EngineFigures> shards;
  EngineFigures sum;  // over all shards
};

// The number of shards is a power of two: about 4 a thread so that threads seldom meet, 1 for a
// lone thread. No shard is so small that a few of the largest items fill it.
unsigned shard_count_for(const Settings& settings, unsigned threads);
// Throws UsageError if the shards cannot have so much memory.
void check_memory_limit(const Settings& settings, unsigned threads);

class ShardedBackend : public Backend, public AdminTarget {
 public:
  // `threads`: how many threads will use it. `host` must outlive the backend; null: no host extends
  // the administrative commands. `tier`: null: there is none.
  ShardedBackend(const Settings& settings, unsigned threads, const HashKey& hash_key,
                 bool huge_pages, AdminHost* host, const ShardTier* tier = nullptr);
  // REQUIRES: tier_is_idle().
  ~ShardedBackend() override;

  // Backend: any thread may call these.
  std::uint64_t hash(std::string_view key) const override;
  Executed execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                   Waker* waker) override;
  AdminResult administer(const Request& request, const Clock& clock, Output& out,
                         Waker* waker) override;
  Executed finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                  Waker* waker) override;
  void give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
               Output& out) override;
  void put_off(LateToken token, const Request& request) override;
  void abandon(LateToken token, const Request& request, Upload* upload) override;
  PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) override;
  std::span<char> upload_window(const Request& request, Upload& upload) override;
  bool upload_may_wait(const Request& request, const Upload& upload, UnixSeconds now_s) override;
  void upload_received(const Request& request, Upload& upload, std::size_t bytes) override;
  void abort_upload(const Request& request, Upload& upload) override;
  void refuse_upload(const Request& request, Upload& upload) override;
  LateToken finish_upload(Request& request, Upload& upload, UnixSeconds now_s, Output& out,
                          Waker* waker) override;
  bool memory_is_wanted(UnixSeconds now_s) const override;
  void release(const Output& sent) override;

  // Does a bounded step of one shard's background work. True if there is more to do at once.
  bool tick(unsigned index, UnixSeconds now_s);

  // From now on clients may watch. Call it once, before the backend is used.
  void allow_watching(const ShardedWatch::Options& options);
  // Null: nobody can watch.
  ShardedWatch* watch() { return watch_.get(); }

  // Nothing is in flight on the tier's device.
  bool tier_is_idle();
  TierHealth tier_health();
  // The shards write again to what has failed.
  void retry_tier();

  // A copy of what one shard has counted for `stats detail`. Any thread.
  PrefixStats prefix_stats(unsigned index);

  // The figures that `stats` shows. Takes the admin lock, then one shard's lock at a time, each for
  // as long as it takes to walk that shard's list of segments. Any thread.
  ServerFigures all_figures(UnixSeconds now_s);
  // Store::broken_invariant of one shard. For tests.
  const char* broken_invariant(unsigned index);

  // AdminTarget. Called under the admin lock, except the functions that a long answer calls:
  // scan(), list_tier(), end_tier_listing(), tier_regions() and add_prefixes().
  AdminHost& host() override { return host_; }
  Settings& settings() override { return settings_; }
  EngineFigures figures() override;
  void reset_counters() override;
  void count_prefixes(bool on) override;
  void add_prefixes(PrefixSlice& slice) override;
  void flush_at(UnixSeconds at_s, UnixSeconds now_s) override;
  bool flush_prefix(std::string_view prefix, UnixSeconds now_s) override;
  void set_tiering(const TieringSettings& settings) override;
  std::size_t tier_regions(unsigned shard, std::size_t first, std::span<TierRegion> rows) override;
  bool set_memory_limit(std::size_t bytes) override;
  unsigned shard_count() const override { return static_cast<unsigned>(shards_.size()); }
  std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items, UnixSeconds now_s,
                     ItemVisitor& visitor) override;
  ListNext list_tier(unsigned shard, TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor,
                     Waker* waker) override;
  void end_tier_listing(unsigned shard, TierListing* listing) override;
  WatchPort* watch_port() override { return watch_.get(); }

 private:
  struct Shard {
    Shard(StoreOptions store_options, EngineOptions engine_options, bool huge_pages,
          const ShardTier* shared_tier);
    // Prefetches the lines that every holder writes: the lock's line and the next. Another core
    // usually has them.
    void prefetch() const {
      __builtin_prefetch(&mutex, 1);
      __builtin_prefetch(reinterpret_cast<const char*>(&mutex) + kLineBytes, 1);
    }
    static constexpr std::size_t kLineBytes = 64;
    struct Tier {
      Tier(const ShardTier& shared, SpinningMutex& mutex, const TieringOptions& options)
          : device(shared.device, mutex), tiering(device, options) {}
      LockedDevice device;
      Tiering tiering;
    };
    ReservedMemory memory;
    std::unique_ptr<Tier> tier;  // null: there is none
    Store store;
    // The lock and the engine's first fields share the one line that every holder writes anyway.
    alignas(kLineBytes) SpinningMutex mutex;
    Engine engine;
  };

  // Selects a shard by bits that the store uses neither for the bucket (the top 32) nor for the tag
  // (the low 8).
  std::size_t shard_index(std::uint64_t hash) const { return (hash >> 8) & shard_mask_; }
  Shard& shard_of(const Request& request) { return *shards_[shard_index(request.key.hash)]; }
  // The first requests of a batch that belong to one shard. Requests without a key fit any shard.
  std::span<Request> first_run(std::span<Request> requests, Shard*& shard) const;
  void add_shard(const StoreOptions& store, unsigned shard, bool huge_pages, const ShardTier* tier);
  struct Groups;
  void group_by_shard(std::span<const Request> batch, Groups& groups) const;
  void prefetch(std::span<const Request> batch) const;
  Executed execute_batch(std::span<Request> batch, UnixSeconds now_s, Output& out, Waker* waker);
  static Executed execute_rest(Shard& shard, std::span<Request> run, std::size_t done,
                               UnixSeconds now_s, Output& out, Waker* waker);
  void note_wait(UnixSeconds now_s) { wanted_s_.store(now_s, std::memory_order_relaxed); }

  Settings settings_;  // under admin_mutex_
  HashKey hash_key_;
  std::size_t shard_mask_;
  AdminHost no_host_;
  AdminHost& host_;
  std::mutex admin_mutex_;
  // One cas counter for all shards: writers share its line, but ids form one sequence, as in
  // memcached.
  struct alignas(64) SharedCasIds : CasIds {
    std::uint64_t next() override { return last.fetch_add(1, std::memory_order_relaxed) + 1; }
    std::atomic<std::uint64_t> last{kFirstCas - 1};
  };
  SharedCasIds cas_ids_;
  std::atomic<UnixSeconds> wanted_s_{0};  // when a request last had to wait for memory
  std::unique_ptr<ShardedWatch> watch_;   // before the shards, which write to its buffers
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace isocache
