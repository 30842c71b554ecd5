#include "native/cli/check_config.h"

#include "native/base/errors.h"
#include "native/cli/parse_options.h"
#include "native/config/password_file.h"
#include "native/net/listener_set.h"
#include "native/process/process.h"
#include "native/shards/shard_tier.h"
#include "native/shards/sharded_backend.h"
#include "native/tls/tls_context.h"

namespace isocache {
namespace {

template <typename Attempt>
void try_it(std::vector<std::string>& faults, Attempt&& attempt) {
  try {
    attempt();
  } catch (const std::exception& error) {
    faults.emplace_back(error.what());
  }
}

void check_addresses(const Options& options, std::vector<std::string>& faults) {
  for (const std::string& address : options.listen) {
    try_it(faults, [&] { memcached_address(address, options); });
  }
  for (const std::string& address : options.http.listen) {
    try_it(faults, [&] { http_address(address, options); });
  }
  if (!options.unix_socket.empty()) try_it(faults, [&] { check_unix_path(options.unix_socket); });
}

// What the shards, and their parts of the tier, would be. It opens no file.
void check_shards(const Options& options) {
  const Settings& settings = options.settings;
  check_memory_limit(settings, options.host.threads);
  if (options.tier.files.empty()) return;
  std::vector<std::uint64_t> sizes;
  for (const TierOptions::File& file : options.tier.files) sizes.push_back(file.bytes);
  plan_tier(sizes, options.tier.page_bytes, shard_count_for(settings, options.host.threads),
            settings.max_item_bytes);
}

}  // namespace

std::vector<std::string> find_faults(const Options& options) {
  std::vector<std::string> faults;
  try_it(faults, [&] { drop_root(options.user); });
  try_it(faults, [copy = options]() mutable {
    check_options(copy);
    check_shards(copy);
  });
  check_addresses(options, faults);
  if (options.tls.enabled) try_it(faults, [&] { const TlsContext loads(options.tls, 0); });
  if (!options.auth_file.empty())
    try_it(faults, [&] { const PasswordFile loads(options.auth_file); });
  return faults;
}

}  // namespace isocache
