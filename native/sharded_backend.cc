#include "native/sharded_backend.h"

#include <algorithm>
#include <array>
#include <bit>

namespace isocache {
namespace {

// Each shard has a table, open segments and a reserve of its own: at 16 MB they cost 2 % of the
// items.
constexpr std::size_t kMinShardBytes = 32U << 20;
constexpr std::size_t kLargestItemsPerShard = 4;
constexpr unsigned kShardsPerThread = 4;

}  // namespace

unsigned shard_count_for(const Settings& settings) {
  if (settings.threads <= 1) return 1;
  const std::size_t min_bytes =
      std::max(kMinShardBytes, kLargestItemsPerShard * settings.max_item_bytes);
  const std::size_t by_memory = std::max<std::size_t>(1, settings.max_bytes / min_bytes);
  const std::size_t by_threads = std::size_t{kShardsPerThread} * settings.threads;
  return static_cast<unsigned>(std::bit_floor(std::min(by_memory, by_threads)));
}

ShardedBackend::ShardedBackend(const Settings& settings, std::uint64_t hash_seed, bool huge_pages,
                               HostFigures* host)
    : settings_(settings), hash_seed_(hash_seed), host_(host) {
  const unsigned count = shard_count_for(settings);
  shard_mask_ = count - 1;
  StoreOptions store;
  store.memory_limit = std::max(settings.max_bytes / count, limits::kMinStoreBytes);
  store.max_item_size = settings.max_item_bytes;
  store.hash_seed = hash_seed;
  if (count > 1) store.cas_ids = &cas_ids_;
  store.evict = settings.evictions;
  for (unsigned shard = 0; shard < count; ++shard) {
    const EngineOptions engine{.shard = shard, .cas_enabled = settings.cas_enabled};
    shards_.push_back(std::make_unique<Shard>(store, engine, huge_pages));
  }
}

ShardedBackend::~ShardedBackend() = default;

std::uint64_t ShardedBackend::hash(std::string_view key) const {
  return Store::hash(key, hash_seed_);
}

// Brings buckets and items into the cache before the first request needs one, one lock a shard and
// pass. loadgen, 32 gets deep over 1.5 M items, 4 threads: 0.49 instead of 0.96 us CPU a get.
void ShardedBackend::prefetch(std::span<const Request> requests) const {
  struct Place {
    std::uint32_t shard;
    std::uint32_t request;
  };
  std::array<Place, limits::kBatchRequests> places;
  std::size_t count = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].verb == Verb::kReply) continue;
    places[count++] = {static_cast<std::uint32_t>(shard_index(requests[i].key.hash)),
                       static_cast<std::uint32_t>(i)};
  }
  const auto by_shard = std::span(places).first(count);
  std::ranges::sort(by_shard, {}, &Place::shard);
  const auto pass = [&](auto&& visit) {
    for (std::size_t i = 0; i < count;) {
      const std::uint32_t index = by_shard[i].shard;
      const std::lock_guard lock(shards_[index]->mutex);
      for (; i < count && by_shard[i].shard == index; ++i) {
        visit(shards_[index]->store, requests[by_shard[i].request].key.hash);
      }
    }
  };
  pass([](const Store& store, std::uint64_t hash) { store.prefetch_bucket(hash); });
  pass([](const Store& store, std::uint64_t hash) { store.prefetch_item(hash); });
}

// The longest run of requests that one shard can execute; those without a key belong anywhere.
ShardedBackend::Run ShardedBackend::first_run(std::span<const Request> requests) const {
  Run run;
  bool chosen = false;
  for (; run.length < requests.size(); ++run.length) {
    const Request& request = requests[run.length];
    if (request.verb == Verb::kReply) continue;
    const std::size_t shard = shard_index(request.key.hash);
    if (chosen && shard != run.shard) break;
    run.shard = shard;
    chosen = true;
  }
  return run;
}

void ShardedBackend::execute(std::span<Request> requests, UnixSeconds now_s, Output& out) {
  while (!requests.empty()) {
    const auto batch = requests.first(std::min(requests.size(), limits::kBatchRequests));
    execute_batch(batch, now_s, out);
    requests = requests.subspan(batch.size());
  }
}

void ShardedBackend::execute_batch(std::span<Request> batch, UnixSeconds now_s, Output& out) {
  if (shards_.size() == 1) {  // its engine prefetches
    const std::lock_guard lock(shards_.front()->mutex);
    return shards_.front()->engine.execute(batch, now_s, out);
  }
  if (batch.size() > 1) prefetch(batch);
  while (!batch.empty()) {
    const Run run = first_run(batch);
    Shard& shard = *shards_[run.shard];
    const std::lock_guard lock(shard.mutex);
    for (Request& request : batch.first(run.length)) shard.engine.execute(request, now_s, out);
    batch = batch.subspan(run.length);
  }
}

AdminResult ShardedBackend::administer(const Request& request, UnixSeconds now_s, Output& out) {
  const std::lock_guard lock(admin_mutex_);
  return run_admin_command(request, *this, now_s, out);
}

PutStatus ShardedBackend::begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  return shard.engine.begin_upload(request, now_s, upload);
}

std::span<char> ShardedBackend::upload_window(const Request& request, const Upload& upload) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  return shard.engine.upload_window(upload);
}

void ShardedBackend::upload_received(const Request& request, Upload& upload, std::size_t bytes) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  shard.engine.upload_received(upload, bytes);
}

void ShardedBackend::abort_upload(const Request& request, Upload& upload) {
  Shard& shard = shard_of(request);
  const std::lock_guard lock(shard.mutex);
  shard.engine.abort_upload(upload);
}

void ShardedBackend::release(const Output& sent) {
  sent.for_each_pin([&](Pin pin) {
    Shard& shard = *shards_[pin.shard];
    const std::lock_guard lock(shard.mutex);
    shard.engine.release(pin);
  });
}

bool ShardedBackend::tick(unsigned index, UnixSeconds now_s) {
  Shard& shard = *shards_[index];
  const std::lock_guard lock(shard.mutex);
  return shard.engine.tick(now_s);
}

}  // namespace isocache
