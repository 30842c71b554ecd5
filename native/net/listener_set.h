// Opens everything that the server listens on, and warns if that is unwise.
#pragma once

#include <string_view>
#include <vector>

#include "native/base/log.h"
#include "native/config/options.h"
#include "native/net/listener.h"

namespace isocache {

// A TCP address as the user wrote it, split into its parts.
struct ListenAddress {
  Endpoint endpoint;
  Listener::Serves serves = Listener::Serves::kMemcached;
  Protocols protocols = Protocols::kAny;
  bool tls = false;
  bool mutual_tls = false;
  bool optional = false;  // if the host has no such address, that is no error
};

// Parses an address of -l or --http. Throws UsageError.
ListenAddress memcached_address(std::string_view text, const Options& options);
ListenAddress http_address(std::string_view text, const Options& options);

// The addresses that -l, -p and --http ask for, without the unix socket. Throws UsageError.
std::vector<ListenAddress> listen_addresses(const Options& options);

// Whether one of them is mtls:...
bool wants_mutual_tls(const Options& options);

// Takes the sockets that the service manager passes: one with the name "http" replaces --http, any
// other -l, -p and -s. Opens the remaining listeners, the unix socket first. Call it once. Throws
// UsageError, SystemError.
std::vector<Listener> open_listeners(const Options& options);

// Warnings about what clients of a listener could do although they should not.
std::vector<LogEntry> exposure(const Options& options, const Listener& listener);

}  // namespace isocache
