// The part of ShardedBackend that has to do with the tier.
#include "native/shards/sharded_backend.h"

namespace isocache {
namespace {

// Sequences of the shards lie so far apart that they never meet.
constexpr unsigned kSequenceBitsPerShard = 48;

TieringOptions tiering_options(const ShardTier& shared, const StoreOptions& store, unsigned shard) {
  TieringOptions options;
  options.part = {shared.plan.part_bytes * shard, shared.plan.part_bytes};
  options.region_bytes = shared.plan.region_bytes;
  options.hash_key = store.hash_key;
  options.max_item_bytes = store.max_item_size;
  options.shard = static_cast<std::uint16_t>(shard);
  options.epoch = shared.epoch;
  options.first_sequence = shared.first_sequence + (std::uint64_t{shard} << kSequenceBitsPerShard);
  return options;
}

}  // namespace

ShardedBackend::Shard::Shard(StoreOptions store_options, EngineOptions engine_options,
                             bool huge_pages, const ShardTier* shared_tier)
    : memory(store_options.memory_limit, huge_pages),
      tier(shared_tier == nullptr
               ? nullptr
               : std::make_unique<Tier>(
                     *shared_tier, mutex,
                     tiering_options(*shared_tier, store_options, engine_options.shard))),
      store(
          [&] {
            if (tier) store_options.observer = &tier->tiering;
            return store_options;
          }(),
          memory),
      engine(store, [&] {
        if (tier) engine_options.tiering = &tier->tiering;
        return engine_options;
      }()) {}

// A run has stopped early: goes on behind requests whose items lie on the tier, until one has to be
// suspended. REQUIRES: the shard's lock is held.
Executed ShardedBackend::execute_rest(Shard& shard, std::span<Request> run, std::size_t done,
                                      UnixSeconds now_s, Output& out, Waker* waker) {
  Engine& engine = shard.engine;
  while (done < run.size() && !out.full() && engine.stopped_at_cold()) {
    const Executed cold = engine.execute_cold(run[done], nullptr, now_s, out, waker);
    if (cold.done == 0) return {done, cold.late};
    ++done;
    done += engine.execute_prefetched(run.subspan(done), now_s, out);
  }
  return {done};
}

Executed ShardedBackend::finish(LateToken token, Request& request, Upload* upload,
                                UnixSeconds now_s, Output& out, Waker* waker) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  const Executed executed = shard.engine.finish(token, request, upload, now_s, out, waker);
  if (executed.done == 0 && executed.late == kNotLate) note_wait(now_s);
  return executed;
}

void ShardedBackend::give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
                             Output& out) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  shard.engine.give_up(token, request, upload, now_s, out);
}

void ShardedBackend::put_off(LateToken token, const Request& request) {
  Shard& shard = *shards_[shard_index(request.key.hash)];
  const std::lock_guard lock(shard.mutex);
  shard.engine.put_off(token);
}

void ShardedBackend::abandon(LateToken token, const Request& request, Upload* upload) {
  Shard& shard = *shards_[shard_index(request.key.hash)];
  const std::lock_guard lock(shard.mutex);
  shard.engine.abandon(token, upload);
}

TierHealth ShardedBackend::tier_health() {
  TierHealth sum;
  for (const auto& shard : shards_) {
    if (!shard->tier) continue;
    const std::lock_guard lock(shard->mutex);
    const TierHealth one = shard->tier->tiering.health();
    sum.failed_writes += one.failed_writes;
    sum.damaged += one.damaged;
    sum.shards_off += one.shards_off;
  }
  return sum;
}

void ShardedBackend::retry_tier() {
  for (const auto& shard : shards_) {
    if (!shard->tier) continue;
    const std::lock_guard lock(shard->mutex);
    shard->tier->tiering.retry();
  }
}

bool ShardedBackend::tier_is_idle() {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    if (shard->tier && shard->tier->device.pending() != 0) return false;
  }
  return true;
}

}  // namespace isocache
