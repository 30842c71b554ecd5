// All that the server listens on, and whether that is wise.
#pragma once

#include <string_view>
#include <vector>

#include "native/base/log.h"
#include "native/config/options.h"
#include "native/net/listener.h"

namespace isocache {

// A TCP address as the user wrote it, taken apart.
struct ListenAddress {
  Endpoint endpoint;
  Listener::Serves serves = Listener::Serves::kMemcached;
  bool tls = false;
  bool optional = false;  // a host that has no such address is no error
};

// An address of -l, of --http. Throws UsageError.
ListenAddress memcached_address(std::string_view text, const Options& options);
ListenAddress http_address(std::string_view text, const Options& options);

// What -l, -p, -s and --http ask for, without the unix socket. Throws UsageError.
std::vector<ListenAddress> listen_addresses(const Options& options);

// Opens all of it, the unix socket first. Throws UsageError, SystemError.
std::vector<Listener> open_listeners(const Options& options);

// Warnings of what those who can reach a listener could do that they should not.
std::vector<LogEntry> exposure(const Options& options, const Listener& listener);

}  // namespace isocache
