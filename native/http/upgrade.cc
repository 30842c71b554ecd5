#include "native/http/upgrade.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "native/http/ascii.h"
#include "native/http/credentials.h"
#include "protocol/base64.h"

namespace isocache {
namespace {

constexpr std::string_view kTokenPrefix = "bearer.";

struct Offered {
  bool memcached = false;
  std::optional<std::string_view> token;
};

Offered read_subprotocols(std::string_view list) {
  Offered offered;
  for_each_element(list, [&](std::string_view element) {
    if (element == kSubprotocol) offered.memcached = true;
    if (element.starts_with(kTokenPrefix)) offered.token = element.substr(kTokenPrefix.size());
  });
  return offered;
}
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

// The host of an origin: "app.example:8443" for "https://app.example:8443". Empty: the origin has
// another scheme ("null").
std::string_view authority_of(std::string_view origin, std::string_view scheme) {
  return origin.starts_with(scheme) ? origin.substr(scheme.size()) : std::string_view();
}

// The name of a host: "app.example" for "app.example:8443", "[::1]" for "[::1]:80".
std::string_view without_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos && colon < bracket) return authority;
  return authority.substr(0, colon);
}

bool is_ip_address(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string own_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

// The page came from this server. With TLS the browser has checked our certificate for that name. A
// page from another host name cannot log in.
bool is_same_origin(const UpgradeRequest& request, std::string_view origin, bool wants_login) {
  const std::string_view authority = authority_of(origin, request.encrypted ? kHttps : kHttp);
  if (authority.empty() || !equal_ignoring_case(authority, request.host)) return false;
  return request.encrypted || wants_login || names_us(request.host, {});
}

bool is_allowed(std::string_view origin, std::span<const std::string> allowed) {
  return std::ranges::any_of(allowed, [origin](const std::string& one) {
    return one == "*" || equal_ignoring_case(one, origin);
  });
}

// Nothing: no credentials were sent. The client may also log in later, by a `set`.
std::optional<bool> check_credentials(const UpgradeRequest& request, const Offered& offered,
                                      const Authenticator& passwords) {
  if (!offered.token && request.authorization.empty()) return std::nullopt;
  const auto credentials =
      offered.token ? parse_token(*offered.token) : parse_basic(request.authorization);
  return credentials && passwords.check(credentials->user, credentials->password);
}

// Beast would refuse these requests too, but with its own messages, and it accepts any key.
std::optional<Reply> find_fault(const UpgradeRequest& request) {
  if (request.version.empty()) return error_reply(400, "Sec-WebSocket-Version is missing");
  if (request.version != "13") {
    Reply reply = error_reply(426, "version 13 of WebSocket only");
    reply.fields.push_back({"Sec-WebSocket-Version", "13"});
    return reply;
  }
  constexpr std::size_t kKeyBytes = 16;
  std::array<char, base64_length(kKeyBytes)> key;
  std::size_t length = 0;
  if (request.key.size() != key.size() || !base64_decode(request.key, key.data(), &length) ||
      length != kKeyBytes) {
    return error_reply(400, "Sec-WebSocket-Key has to be 16 bytes in base64");
  }
  return std::nullopt;
}

Upgrade refuse(Reply reply) { return {.refusal = std::move(reply)}; }

}  // namespace

bool names_us(std::string_view host, std::span<const std::string> allowed_origins) {
  const std::string_view name = without_port(host);
  if (is_ip_address(name) || equal_ignoring_case(name, "localhost")) return true;
  if (equal_ignoring_case(name, own_name())) return true;
  return std::ranges::any_of(allowed_origins, [host](const std::string& origin) {
    return origin == "*" || equal_ignoring_case(authority_of(origin, kHttp), host) ||
           equal_ignoring_case(authority_of(origin, kHttps), host);
  });
}

Upgrade check_upgrade(const UpgradeRequest& request, const UpgradeRules& rules) {
  if (auto fault = find_fault(request)) return refuse(std::move(*fault));
  const Offered offered = read_subprotocols(request.subprotocols);
  if (request.origin) {
    if (!is_same_origin(request, *request.origin, rules.passwords != nullptr) &&
        !is_allowed(*request.origin, rules.allowed_origins)) {
      return refuse(error_reply(403, "this page's origin is not allowed; see --allow-origin"));
    }
    if (!offered.memcached) {
      return refuse(error_reply(400, "a browser has to ask for the subprotocol memcached"));
    }
  }
  Upgrade upgrade{.refusal = std::nullopt, .subprotocol = offered.memcached};
  if (rules.passwords != nullptr) {
    const std::optional<bool> known = check_credentials(request, offered, *rules.passwords);
    if (known == false) return refuse(password_wanted());
    upgrade.logged_in = known.value_or(false);
  }
  return upgrade;
}

}  // namespace isocache
