// The flash tier: the files of -o ext_path, from the start to the end of the server.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "native/process/process.h"
#include "native/server.h"
#include "tier/record_format.h"

namespace isocache {

// Opens the tier's files before memory is taken: most of what can go wrong goes wrong there.
void Server::make_backend() {
  const auto make = [this](const ShardTier* tier) {
    backend_ =
        std::make_unique<ShardedBackend>(options_.settings, options_.host.threads,
                                         random_hash_key(), options_.huge_pages, &registry_, tier);
  };
  if (options_.tier.files.empty()) return make(nullptr);
  const ShardTier tier = open_tier();
  make(&tier);
  tier_watch_ = std::make_unique<TierWatch>(
      TierWatch::Tier{.health = [this] { return backend_->tier_health(); },
                      .retry = [this] { backend_->retry_tier(); },
                      .warn = [](const std::string& line) { log_line(line, LogLevel::kError); }});
}

// A worker calls it with its background work.
void Server::watch_tier() {
  if (tier_watch_) tier_watch_->run(clock_.now().monotonic_ms);
}

ShardTier Server::open_tier() {
  const TierOptions& asked = options_.tier;
  std::vector<std::uint64_t> sizes;
  std::vector<TierFileOptions> files;
  for (const TierOptions::File& file : asked.files) {
    sizes.push_back(file.bytes);
    files.push_back({.path = file.path, .size_bytes = file.bytes});
  }
  const Settings& settings = options_.settings;
  const TierPlan plan =
      plan_tier(sizes, asked.page_bytes, shard_count_for(settings, options_.host.threads),
                settings.max_item_bytes);
  TierDeviceOptions device;
  device.page_bytes = plan.region_bytes;
  device.allow_ring = asked.allow_ring;
  // The largest item can be read in any case.
  device.large_read_bytes =
      std::max(device.large_read_bytes, 2 * std::size_t{settings.max_item_bytes});
  device.on_pool_thread_start = on_thread_start();
  tier_ = std::make_unique<TierDevice>(files, std::move(device));
  return {.device = *tier_, .plan = plan, .epoch = random_bits(), .first_sequence = random_bits()};
}

namespace {

// An item of this many bytes on a full file is large for a cache: -m is far too small for the file.
constexpr std::uint64_t kLargeItemBytes = 4096;

// How many items the index has room for, and how large they must be to fill the file.
LogEntry index_room(const TierFigures& tier) {
  const std::uint64_t items = std::max<std::uint64_t>(tier.index_room, 1);
  const std::uint64_t record_bytes = (tier.limit_bytes + items - 1) / items;
  const std::uint64_t item_bytes =
      record_bytes - std::min<std::uint64_t>(record_bytes, sizeof(tier::RecordHeader));
  const bool is_small = item_bytes > kLargeItemBytes;
  std::string message =
      fmt::format("flash tier: the index has room for {} items, ", tier.index_room);
  message += item_bytes <= 1
                 ? "more than the file holds"
                 : fmt::format("so the file is full with items of {} bytes and more", item_bytes);
  if (is_small) message += ". -m is too small for a file of this size";
  return {.message = std::move(message),
          .level = is_small ? LogLevel::kWarning : LogLevel::kInfo,
          .fields = {{"index_room", tier.index_room}, {"item_bytes", item_bytes}}};
}

}  // namespace

void Server::say_tier(std::vector<LogEntry>& entries) const {
  if (tier_ == nullptr) return;
  const TierFigures figures = backend_->figures().tier;
  const std::uint64_t region_bytes =
      figures.limit_bytes / std::max<std::uint64_t>(figures.regions, 1);
  const std::string_view direct = tier_->direct() ? "direct" : "through the page cache";
  for (const TierOptions::File& file : options_.tier.files) {
    entries.push_back(
        {.message = fmt::format("flash tier {} {} MB, {}, {}, regions of {} MB", file.path,
                                file.bytes >> 20, tier_->engine(), direct, region_bytes >> 20),
         .fields = {{"path", file.path},
                    {"bytes", file.bytes},
                    {"engine", std::string(tier_->engine())},
                    {"direct", tier_->direct()},
                    {"region_bytes", region_bytes}}});
  }
  entries.push_back(index_room(figures));
}

// The threads have ended. An operation that has not may still use the memory that it writes, so
// that memory stays until the process ends.
void Server::end_tier() {
  if (tier_ == nullptr || backend_ == nullptr || backend_->tier_is_idle()) return;
  log_line("ext_path: the system has not ended all reads and writes", LogLevel::kWarning);
  static_cast<void>(backend_.release());
  static_cast<void>(tier_.release());
}

}  // namespace isocache
