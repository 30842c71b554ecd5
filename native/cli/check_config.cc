#include "native/cli/check_config.h"

#include <utility>

#include "native/base/errors.h"
#include "native/cli/parse_options.h"
#include "native/cli/tier_volumes.h"
#include "native/config/password_file.h"
#include "native/net/listener_set.h"
#include "native/process/process.h"
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

}  // namespace

std::vector<std::string> find_faults(Options& options) {
  std::vector<std::string> faults;
  try_it(faults, [&] { drop_root(options.user); });
  for (std::string& fault : find_contradictions(options)) faults.push_back(std::move(fault));
  try_it(faults, [&] { check_memory_limit(options.settings, options.host.threads); });
  for (std::string& fault : find_volume_faults(options.tier.files)) {
    faults.push_back(std::move(fault));
  }
  check_addresses(options, faults);
  if (options.tls.enabled) try_it(faults, [&] { const TlsContext loads(options.tls, 0); });
  if (!options.auth_file.empty())
    try_it(faults, [&] { const PasswordFile loads(options.auth_file); });
  return faults;
}

}  // namespace isocache
