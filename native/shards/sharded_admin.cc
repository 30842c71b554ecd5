// The half of ShardedBackend that administrative commands use: it acts on all shards.
#include "native/shards/sharded_backend.h"

#include <memory>
#include <utility>

namespace isocache {
namespace {

struct VisitEach {
  ItemVisitor& visitor;
  void operator()(const ItemView& item) const { visitor.visit(item); }
};

}  // namespace

EngineFigures ShardedBackend::figures() {
  EngineFigures sum;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum.add(shard->engine.figures());
  }
  return sum;
}

ServerFigures ShardedBackend::all_figures(UnixSeconds now_s) {
  const std::lock_guard admin_lock(admin_mutex_);
  ServerFigures server;
  server.settings = settings_;
  host_.add_stats(now_s, server.host_stats);
  host_.add_settings(server.host_settings);
  server.shards.reserve(shards_.size());
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    server.shards.push_back(shard->engine.figures());
    server.sum.add(server.shards.back());
  }
  return server;
}

void ShardedBackend::reset_counters() {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.reset_counters();
  }
}

void ShardedBackend::count_prefixes(bool on) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.count_prefixes(on);
  }
}

void ShardedBackend::add_prefixes(PrefixSlice& slice) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    slice.add(shard->engine.prefix_stats());
  }
}

PrefixStats ShardedBackend::prefix_stats(unsigned index) {
  const std::lock_guard lock(shards_[index]->mutex);
  return shards_[index]->engine.prefix_stats();
}

void ShardedBackend::flush_at(UnixSeconds at_s, UnixSeconds now_s) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.flush_at(at_s, now_s);
  }
}

bool ShardedBackend::flush_prefix(std::string_view prefix, UnixSeconds now_s) {
  bool flushed = true;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    flushed = shard->engine.flush_prefix(prefix, now_s) && flushed;
  }
  return flushed;
}

void ShardedBackend::set_tiering(const TieringSettings& settings) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.set_tiering(settings);
  }
}

std::size_t ShardedBackend::tier_regions(unsigned shard, std::size_t first,
                                         std::span<TierRegion> rows) {
  const std::lock_guard lock(shards_[shard]->mutex);
  return shards_[shard]->engine.tier_regions(first, rows);
}

bool ShardedBackend::set_memory_limit(std::size_t bytes) {
  const auto set = [&](Shard& shard, std::size_t all) {
    const std::lock_guard lock(shard.mutex);
    return shard.store.set_memory_limit(all / shards_.size());
  };
  for (std::size_t refused = 0; refused < shards_.size(); ++refused) {
    if (set(*shards_[refused], bytes)) continue;
    for (std::size_t done = 0; done < refused; ++done) set(*shards_[done], settings_.max_bytes);
    return false;
  }
  return true;
}

std::uint64_t ShardedBackend::scan(unsigned shard, std::uint64_t cursor, std::size_t max_items,
                                   UnixSeconds now_s, ItemVisitor& visitor) {
  const std::lock_guard lock(shards_[shard]->mutex);
  return shards_[shard]->store.scan(cursor, max_items, limits::kScanRecords, now_s,
                                    VisitEach{visitor});
}

ListNext ShardedBackend::list_tier(unsigned shard, TierListing*& listing, UnixSeconds now_s,
                                   ItemVisitor& visitor, Waker* waker) {
  const std::lock_guard lock(shards_[shard]->mutex);
  return shards_[shard]->engine.list_tier(listing, now_s, visitor, waker);
}

void ShardedBackend::allow_watching(const ShardedWatch::Options& options) {
  watch_ = std::make_unique<ShardedWatch>(
      shard_count(), options, [this](unsigned shard, std::unique_ptr<EventBuffer> next) {
        const std::lock_guard lock(shards_[shard]->mutex);
        return shards_[shard]->engine.exchange_events(std::move(next));
      });
}

void ShardedBackend::end_tier_listing(unsigned shard, TierListing* listing) {
  const std::lock_guard lock(shards_[shard]->mutex);
  shards_[shard]->engine.end_tier_listing(listing);
}

}  // namespace isocache
