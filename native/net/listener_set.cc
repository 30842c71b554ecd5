#include "native/net/listener_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/base/parse_number.h"
#include "native/net/passed_sockets.h"

namespace isocache {
namespace {

using Serves = Listener::Serves;
constexpr std::string_view kNoTlsPrefix = "notls:";
constexpr std::string_view kMutualTlsPrefix = "mtls:";

bool take(std::string_view& address, std::string_view prefix) {
  if (!address.starts_with(prefix)) return false;
  address.remove_prefix(prefix.size());
  return true;
}

// Removes the prefix "notls:" or "mtls:". Says whether the listener speaks TLS, and how.
ListenAddress take_tls(std::string_view& address, const Options& options) {
  ListenAddress result;
  if (take(address, kNoTlsPrefix)) return result;
  result.tls = options.tls.enabled;
  result.mutual_tls = take(address, kMutualTlsPrefix);
  if (result.mutual_tls && !result.tls) throw UsageError(fmt::format("mtls:{}: needs -Z", address));
  return result;
}

// Removes "<name>[<value>]:" or "<name>_<value>_:" from the front. Returns the value, or nothing.
std::optional<std::string_view> take_prefix(std::string_view& address, std::string_view name,
                                            bool underscore) {
  if (!address.starts_with(name) || address.size() == name.size()) return std::nullopt;
  const char opening = address[name.size()];
  if (opening != '[' && !(underscore && opening == '_')) return std::nullopt;
  const std::string_view rest = address.substr(name.size() + 1);
  const auto end = rest.find(opening == '[' ? "]:" : "_:");
  if (end == std::string_view::npos) {
    throw UsageError(fmt::format("-l: '{}': no end of {}{}...", address, name, opening));
  }
  address = rest.substr(end + 2);
  return rest.substr(0, end);
}

Protocols protocols_of(std::string_view name) {
  if (name == "negotiating" || name == "auto") return Protocols::kAny;
  if (name == "ascii") return Protocols::kText;
  if (name == "binary") return Protocols::kBinary;
  if (name == "proxy") throw UsageError("-l: proto[proxy]: this server has no proxy");
  throw UsageError(
      fmt::format("-l: proto[{}] is not known; use ascii, binary or negotiating", name));
}

// Removes the prefix proto[...]. Returns what the listener speaks.
Protocols take_protocols(std::string_view& address, const Options& options) {
  const auto name = take_prefix(address, "proto", false);
  return name ? protocols_of(*name) : options.protocols;
}

// Only memcached's proxy uses tags. So they are checked and ignored.
void skip_tag(std::string_view& address) {
  constexpr std::size_t kMaxTagBytes = 8;
  const auto tag = take_prefix(address, "tag", true);
  if (tag && (tag->empty() || tag->size() > kMaxTagBytes)) {
    throw UsageError(fmt::format("Listener tags must be between 1 and 8 characters: \"{}\"", *tag));
  }
}

// "address:port", or a port of the loopback interface.
Endpoint http_endpoint(std::string_view text) {
  constexpr unsigned kNoPort = 65536;
  Endpoint endpoint{"127.0.0.1", kNoPort};
  if (!parse_number(text, endpoint.port)) endpoint = parse_endpoint(text, kNoPort);
  if (endpoint.port >= kNoPort) {
    throw UsageError(fmt::format("--http: address:port or a port, not '{}'", text));
  }
  return endpoint;
}

void add_memcached(std::vector<ListenAddress>& addresses, const Options& options) {
  if (!options.unix_socket.empty() && !options.tcp_asked) return;
  for (const std::string& text : options.listen) {
    addresses.push_back(memcached_address(text, options));
  }
  if (!options.listen.empty()) return;
  // A client may resolve "localhost" to IPv4 or IPv6. A host without IPv6 is no error.
  ListenAddress loopback{.endpoint = {"127.0.0.1", options.port},
                         .protocols = options.protocols,
                         .tls = options.tls.enabled};
  addresses.push_back(loopback);
  loopback.endpoint.host = "::1";
  loopback.optional = true;
  addresses.push_back(loopback);
}

void open(std::vector<Listener>& listeners, ListenAddress address, unsigned backlog) {
  if (address.optional && address.endpoint.port == 0 && !listeners.empty()) {
    address.endpoint.port = listeners.back().port();  // both families of loopback share a port
  }
  for (Listener& listener : listen_tcp(address.endpoint, backlog)) {
    listener.serves = address.serves;
    listener.protocols = address.protocols;
    listener.tls = address.tls;
    listener.mutual_tls = address.mutual_tls;
    listeners.push_back(std::move(listener));
  }
}

bool has(const std::vector<Listener>& listeners, Serves what) {
  return std::ranges::any_of(listeners, [&](const auto& one) { return one.serves == what; });
}

// What asks clients for certificates is not left out without a word.
void refuse_mutual_tls(std::string_view flag, const std::vector<std::string>& addresses) {
  const auto asks = [](std::string_view text) { return text.starts_with(kMutualTlsPrefix); };
  if (std::ranges::none_of(addresses, asks)) return;
  throw UsageError(
      fmt::format("{} mtls: the service manager passes the sockets; -o ssl_verify_mode=2 asks for "
                  "certificates on all of them",
                  flag));
}

std::vector<Listener> passed_listeners(const Options& options) {
  std::vector<Listener> listeners;
  for (PassedSocket& passed : take_passed_sockets()) {
    Listener listener = adopt_listener(std::move(passed.socket));
    if (passed.name == "http") listener.serves = Serves::kHttp;
    listener.protocols = options.protocols;
    listener.tls = options.tls.enabled;
    listeners.push_back(std::move(listener));
  }
  if (has(listeners, Serves::kMemcached)) refuse_mutual_tls("-l", options.listen);
  if (has(listeners, Serves::kHttp)) refuse_mutual_tls("--http", options.http.listen);
  const bool asked = options.tcp_asked || !options.unix_socket.empty();
  if (asked && has(listeners, Serves::kMemcached)) {
    log_line("-l, -p and -s have no effect: the service manager passes sockets",
             LogLevel::kWarning);
  }
  if (!options.http.listen.empty() && has(listeners, Serves::kHttp)) {
    log_line("--http has no effect: the service manager passes a socket for it",
             LogLevel::kWarning);
  }
  return listeners;
}

}  // namespace

ListenAddress memcached_address(std::string_view text, const Options& options) {
  ListenAddress address = take_tls(text, options);
  address.protocols = take_protocols(text, options);
  skip_tag(text);
  address.endpoint = parse_endpoint(text, options.port);
  return address;
}

ListenAddress http_address(std::string_view text, const Options& options) {
  ListenAddress address = take_tls(text, options);
  address.serves = Serves::kHttp;
  address.endpoint = http_endpoint(text);
  return address;
}

std::vector<ListenAddress> listen_addresses(const Options& options) {
  std::vector<ListenAddress> addresses;
  add_memcached(addresses, options);
  for (const std::string& text : options.http.listen) {
    addresses.push_back(http_address(text, options));
  }
  return addresses;
}

bool wants_mutual_tls(const Options& options) {
  return std::ranges::any_of(listen_addresses(options), &ListenAddress::mutual_tls);
}

std::vector<Listener> open_listeners(const Options& options) {
  std::vector<Listener> listeners = passed_listeners(options);
  const bool memcached_passed = has(listeners, Serves::kMemcached);
  const bool http_passed = has(listeners, Serves::kHttp);
  if (!options.unix_socket.empty() && !memcached_passed) {
    listeners.push_back(
        listen_unix(options.unix_socket, options.host.unix_socket_mode, options.host.tcp_backlog));
    listeners.back().protocols = options.protocols;
  }
  for (const ListenAddress& address : listen_addresses(options)) {
    if (address.serves == Serves::kHttp ? http_passed : memcached_passed) continue;
    try {
      open(listeners, address, options.host.tcp_backlog);
    } catch (const SystemError& error) {
      if (!address.optional) throw;
      if (options.settings.verbosity > 0) log_line(error.what());
    }
  }
  return listeners;
}

std::vector<LogEntry> exposure(const Options& options, const Listener& listener) {
  const std::string& address = listener.address();
  const auto warning = [&](std::string message) {
    return std::vector<LogEntry>{{std::move(message), LogLevel::kWarning, {{"address", address}}}};
  };
  if (listener.mutual_tls && options.tls.ca_cert.empty()) {  // as in memcached, no error
    return warning(fmt::format(
        "nobody can connect to mtls:{}: without -o ssl_ca_cert=<file> no certificate is accepted",
        address));
  }
  if (listener.is_local()) return {};
  const bool password = !options.auth_file.empty();
  const bool certificate =
      listener.mutual_tls || (listener.tls && options.tls.verify >= TlsOptions::Verify::kRequire);
  if (password && !listener.tls) {
    return warning(fmt::format(
        "passwords cross the network in clear at {}; add -Z -o ssl_chain_cert=<file>", address));
  }
  if (password || certificate) return {};
  if (listener.tls) {
    return warning(
        fmt::format("{} speaks TLS, but asks for neither a password nor a certificate: whoever "
                    "reaches it can read and change everything; set -Y <file> or -o "
                    "ssl_verify_mode=2,ssl_ca_cert=<file>, listen on 127.0.0.1 (-l, --http), or "
                    "let a firewall guard it",
                    address));
  }
  return warning(
      fmt::format("{} has neither TLS nor a password: whoever reaches it can read and change "
                  "everything; set -Y <file> and -Z -o ssl_chain_cert=<file>, listen on 127.0.0.1 "
                  "(-l, --http), or let a firewall guard it",
                  address));
}

}  // namespace isocache
