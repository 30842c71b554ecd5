// The half of ShardedBackend that administrative commands use: everything over all shards.
#include "native/shards/sharded_backend.h"

namespace isocache {
namespace {

struct VisitEach {
  ItemVisitor& visitor;
  void operator()(const ItemView& item) const { visitor.visit(item); }
};

}  // namespace

const char* ShardedBackend::refresh_certificates(UnixSeconds now_s) {
  return host_ == nullptr ? nullptr : host_->refresh_certificates(now_s);
}

void ShardedBackend::settings_changed() {
  if (host_ != nullptr) host_->settings_changed(settings_);
}

EngineFigures ShardedBackend::figures() {
  EngineFigures sum;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum.add(shard->engine.figures());
  }
  return sum;
}

Snapshot ShardedBackend::snapshot(UnixSeconds now_s) {
  const std::lock_guard admin_lock(admin_mutex_);
  Snapshot snapshot{settings_, host_stats(now_s), {}, {}};
  snapshot.shards.reserve(shards_.size());
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    snapshot.shards.push_back(shard->engine.figures());
    snapshot.sum.add(snapshot.shards.back());
  }
  return snapshot;
}

HostStats ShardedBackend::host_stats(UnixSeconds now_s) {
  return host_ != nullptr ? host_->host_stats(now_s) : HostStats{};
}

bool ShardedBackend::write_connections(int* after, StatsWriter& stats) {
  return host_ != nullptr && host_->write_connections(after, stats);
}

void ShardedBackend::reset_counters() {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.reset_counters();
  }
  if (host_ != nullptr) host_->reset_host_counters();
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

void ShardedBackend::flush_at(UnixSeconds at_s, UnixSeconds now_s) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->engine.flush_at(at_s, now_s);
  }
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

}  // namespace isocache
