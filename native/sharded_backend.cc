#include "native/sharded_backend.h"

#include <algorithm>
#include <bit>

namespace isocache {
namespace {

constexpr std::size_t kMinShardBytes = 16U << 20;
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
  store.cas_stride = count;
  store.evict = settings.evictions;
  for (unsigned shard = 0; shard < count; ++shard) {
    store.first_cas = shard + 1;
    const EngineOptions engine{.shard = shard, .cas_enabled = settings.cas_enabled};
    shards_.push_back(std::make_unique<Shard>(store, engine, huge_pages));
  }
}

ShardedBackend::~ShardedBackend() = default;

std::uint64_t ShardedBackend::hash(std::string_view key) const {
  return Store::hash(key, hash_seed_);
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
    const Run run = first_run(requests);
    Shard& shard = *shards_[run.shard];
    const std::lock_guard lock(shard.mutex);
    shard.engine.execute(requests.first(run.length), now_s, out);
    requests = requests.subspan(run.length);
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
