// A Backend over one engine, without a lock: for embedders, the wasm module and the tests.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "command/admin/admin.h"
#include "command/backend.h"
#include "command/engine.h"
#include "command/settings.h"

namespace isocache {

class SingleBackend : public Backend, public AdminTarget {
 public:
  // REQUIRES: `store` outlives the backend, and `hash_key` is the store's. `started_s` is for the
  // uptime. `gets_may_wait`: see EngineOptions; for a host that checks Session::waiting().
  // `tiering`: see EngineOptions.
  SingleBackend(Store& store, const Settings& settings, const HashKey& hash_key,
                UnixSeconds started_s, bool gets_may_wait = false, ColdTier* tiering = nullptr);

  Engine& engine() { return engine_; }
  // Whom the command `watch` asks. Null, as at first: nobody can watch.
  void watch_by(WatchPort* port) { watch_port_ = port; }

  // Backend
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
  void release(const Output& sent) override;

  // AdminTarget
  AdminHost& host() override { return host_; }
  Settings& settings() override { return settings_; }
  EngineFigures figures() override { return engine_.figures(); }
  void reset_counters() override;
  void count_prefixes(bool on) override { engine_.count_prefixes(on); }
  void set_tiering(const TieringSettings& settings) override { engine_.set_tiering(settings); }
  std::size_t tier_regions(unsigned /*shard*/, std::size_t first,
                           std::span<TierRegion> rows) override {
    return engine_.tier_regions(first, rows);
  }
  void add_prefixes(PrefixSlice& slice) override { slice.add(engine_.prefix_stats()); }
  void flush_at(UnixSeconds at_s, UnixSeconds now_s) override;
  bool flush_prefix(std::string_view prefix, UnixSeconds now_s) override {
    return engine_.flush_prefix(prefix, now_s);
  }
  bool set_memory_limit(std::size_t bytes) override;
  unsigned shard_count() const override { return 1; }
  std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items, UnixSeconds now_s,
                     ItemVisitor& visitor) override;
  ListNext list_tier(unsigned /*shard*/, TierListing*& listing, UnixSeconds now_s,
                     ItemVisitor& visitor, Waker* waker) override {
    return engine_.list_tier(listing, now_s, visitor, waker);
  }
  void end_tier_listing(unsigned /*shard*/, TierListing* listing) override {
    engine_.end_tier_listing(listing);
  }
  WatchPort* watch_port() override { return watch_port_; }

 private:
  class Host : public AdminHost {
   public:
    explicit Host(UnixSeconds started_s) : started_s_(started_s) {}
    void add_stats(UnixSeconds now_s, HostRows& rows) override;

   private:
    UnixSeconds started_s_;
  };

  Settings settings_;
  Engine engine_;
  HashKey hash_key_;
  Host host_;
  WatchPort* watch_port_ = nullptr;
};

}  // namespace isocache
