#include "simulation/backend.h"

#include <cstdlib>

namespace isocache::simulation {
namespace {

// The memory that leads to that number of shards with as many threads. It is not touched: the limit
// is set to the wanted size before the first request.
Settings settings_for(const BackendOptions& options) {
  Settings settings;
  settings.max_bytes = options.shards * (32U << 20);
  settings.max_item_bytes = options.max_item_bytes;
  settings.evictions = options.evict;
  settings.ext_write_unread = options.write_unread;
  return settings;
}

constexpr std::size_t kRegionBytes = 256U << 10;
constexpr std::size_t kPartBytes = 4 * kRegionBytes;

std::unique_ptr<FaultyDevice> make_device(const BackendOptions& options) {
  if (!options.tier) return nullptr;
  auto device = std::make_unique<FaultyDevice>(options.shards * kPartBytes);
  device->set_delayed(true);
  device->set_rates(options.faults, options.device_seed);
  return device;
}

ShardedBackend make_backend(const BackendOptions& options, FaultyDevice* device) {
  const Settings settings = settings_for(options);
  if (device == nullptr) {
    return {settings, options.shards, options.hash_key, false, nullptr};
  }
  const ShardTier tier{*device, {.region_bytes = kRegionBytes, .part_bytes = kPartBytes}};
  return {settings, options.shards, options.hash_key, false, nullptr, &tier};
}

// One late reply in so many never comes: the host gives it up.
constexpr LateToken kNeverIn = 16;

}  // namespace

SimulatedBackend::SimulatedBackend(const BackendOptions& options)
    : device_(make_device(options)),
      backend_(make_backend(options, device_.get())),
      late_in_(options.late) {
  if (backend_.shard_count() != options.shards) std::abort();
  if (!backend_.set_memory_limit(options.memory_limit)) std::abort();
  backend_.settings().max_bytes = options.memory_limit;
}

SimulatedBackend::~SimulatedBackend() {
  if (device_) device_->complete_all();
}

void SimulatedBackend::begin_late(Random& random) {
  if (late_in_ == 0) return;
  late_ = std::make_unique<LateBackend<>>(*this);
  late_->suspends = [this, &random](const Request&) {
    if (!random.one_in(late_in_)) return false;
    late_->again = random.one_in(4) ? static_cast<int>(1 + random.below(2)) : 0;
    return true;
  };
}

void SimulatedBackend::complete_late(bool all, Random& random) {
  while (device_ && device_->pending() != 0 && (all || !random.one_in(4))) {
    device_->complete(random.below(device_->pending()));
  }
  if (!late_) return;
  for (const LateToken token : late_->tokens()) {
    if (token % kNeverIn != 0 && (all || random.one_in(4))) late_->complete(token);
  }
}

Executed SimulatedBackend::execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                                   Waker* waker) {
  return backend_.execute(requests, now_s, out, waker);
}

LateToken SimulatedBackend::finish_upload(Request& request, Upload& upload, UnixSeconds now_s,
                                          Output& out, Waker* waker) {
  uploads_.erase(&upload);
  return backend_.finish_upload(request, upload, now_s, out, waker);
}

AdminResult SimulatedBackend::administer(const Request& request, const Clock& clock, Output& out,
                                         Waker* waker) {
  administering_ = true;
  AdminResult result = backend_.administer(request, clock, out, waker);
  administering_ = false;
  return result;
}

PutStatus SimulatedBackend::begin_upload(const Request& request, UnixSeconds now_s,
                                         Upload* upload) {
  const PutStatus status = backend_.begin_upload(request, now_s, upload);
  if (status == PutStatus::kStored) uploads_[upload] = {shard_of(request.key.bytes), 0};
  return status;
}

std::span<char> SimulatedBackend::upload_window(const Request& request, Upload& upload) {
  return backend_.upload_window(request, upload);
}

void SimulatedBackend::upload_received(const Request& request, Upload& upload, std::size_t bytes) {
  backend_.upload_received(request, upload, bytes);
  uploads_[&upload].bytes += bytes;
}

void SimulatedBackend::abort_upload(const Request& request, Upload& upload) {
  backend_.abort_upload(request, upload);
  uploads_.erase(&upload);
}

void SimulatedBackend::refuse_upload(const Request& request, Upload& upload) {
  backend_.refuse_upload(request, upload);
  uploads_.erase(&upload);
}

std::string SimulatedBackend::set(std::string_view key, std::size_t length, const Clock& clock) {
  Session session(*this, clock, {});
  session.feed("set " + std::string(key) + " 0 0 " + std::to_string(length) + "\r\n" +
               std::string(length, 'x') + "\r\n");
  std::string reply;
  session.output().for_each_span([&](std::string_view span) { reply += span; });
  release(session.output());
  session.output().clear();
  return reply;
}

unsigned SimulatedBackend::shard_of(std::string_view key) const {
  return static_cast<unsigned>(backend_.hash(key) >> 8U) & (backend_.shard_count() - 1);
}

std::size_t SimulatedBackend::upload_segments(unsigned shard) const {
  std::size_t segments = 0;
  for (const auto& [upload, held] : uploads_) {
    if (held.shard == shard) segments += held.bytes / limits::kSegmentBytes + 2;
  }
  return segments;
}

}  // namespace isocache::simulation
