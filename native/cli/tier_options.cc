#include "native/cli/tier_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command/tiering/tiering.h"
#include "native/base/errors.h"
#include "native/shards/shard_tier.h"
#include "native/shards/sharded_backend.h"

namespace isocache {
namespace {

constexpr std::uint64_t kMemcachedPageBytes = 64U << 20;

// memcached begins to compact, or to drop, when fewer of its pages are free than this: 1 % of those
// of the last file. Here they are only shown.
void show_tier_defaults(Options& options) {
  constexpr std::uint64_t kParts = 100;
  const std::uint64_t asked = options.tier.page_bytes;
  const std::uint64_t pages =
      options.tier.files.back().bytes / (asked != 0 ? asked : kMemcachedPageBytes);
  const auto under = static_cast<unsigned>(std::max<std::uint64_t>(pages / kParts, 1));
  for (unsigned* const setting :
       {&options.settings.ext_compact_under, &options.settings.ext_drop_under}) {
    if (*setting == 0) *setting = under;
  }
}

// Nothing here has the size of memcached's buffer. But a file of settings that memcached refuses is
// refused, with its words.
void check_wbuf(const Options& options) {
  const std::uint64_t wbuf = options.settings.ext_wbuf_bytes;
  if (wbuf == Settings().ext_wbuf_bytes) return;
  constexpr std::uint64_t kUnit = 2U << 20;
  const std::uint64_t asked = options.tier.page_bytes;
  const std::uint64_t page = asked != 0 ? asked : kMemcachedPageBytes;
  constexpr std::string_view kFailed = "-o ext_path: Failed to initialize external storage: ";
  if (wbuf == 0 || page % wbuf != 0) {
    throw UsageError(fmt::format("{}page_size must be divisible by wbuf_size", kFailed));
  }
  if (page % kUnit != 0 || wbuf % kUnit != 0) {
    throw UsageError(
        fmt::format("{}page_size and wbuf_size must be divisible by 1024*1024*2", kFailed));
  }
}

TierPlan plan(const Options& options) {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(options.tier.files.size());
  for (const TierOptions::File& file : options.tier.files) sizes.push_back(file.bytes);
  return plan_tier(sizes, options.tier.page_bytes,
                   shard_count_for(options.settings, options.host.threads),
                   options.settings.max_item_bytes);
}

void warn_of_large_items(Options& options) {
  const Settings& settings = options.settings;
  const std::size_t shard_bytes = std::max(
      settings.max_bytes / shard_count_for(settings, options.host.threads), limits::kMinStoreBytes);
  const std::size_t largest =
      Tiering::largest_item_bytes(shard_bytes, settings.max_item_bytes, plan(options).region_bytes);
  if (largest >= settings.max_item_bytes) return;
  options.warnings.push_back(
      fmt::format("ext_path takes items of up to {} bytes, but -I allows {}: larger ones are "
                  "dropped when memory is full (-m, -t and ext_page_size make the difference)",
                  largest, settings.max_item_bytes));
}

}  // namespace

void check_tier(Options& options) {
  if (options.tier.files.empty()) return;
  check_wbuf(options);
  show_tier_defaults(options);
  warn_of_large_items(options);
  if (!options.settings.evictions) {
    options.warnings.emplace_back("ext_path has no effect with -M: nothing leaves memory");
  }
}

}  // namespace isocache
