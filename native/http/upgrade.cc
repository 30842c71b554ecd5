#include "native/http/upgrade.h"

#include <algorithm>

#include "native/http/ascii.h"
#include "native/http/credentials.h"

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

// Of "https://app.example:8443": "app.example:8443". Empty: it is no web page's ("null",
// "file://").
std::string_view authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

// Of "app.example:8443": "app.example". Of "[::1]:80": "[::1]".
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

// Names that cannot be made to mean another machine.
bool is_unmistakable(std::string_view authority) {
  const std::string_view host = without_port(authority);
  return is_ip_address(host) || equal_ignoring_case(host, "localhost");
}

// The page came from here. On loopback, a name in Host is no proof of that: its owner may let it
// point to 127.0.0.1 after the page is loaded (DNS rebinding).
bool is_same_origin(const UpgradeRequest& request, std::string_view origin) {
  const std::string_view authority = authority_of(origin);
  if (authority.empty() || !equal_ignoring_case(authority, request.host)) return false;
  return !request.loopback || is_unmistakable(request.host);
}

bool is_allowed(std::string_view origin, std::span<const std::string> allowed) {
  return std::ranges::any_of(allowed, [origin](const std::string& one) {
    return one == "*" || equal_ignoring_case(one, origin);
  });
}

// Nothing: no credentials were sent. They may also come later, by a `set`.
std::optional<bool> check_credentials(const UpgradeRequest& request, const Offered& offered,
                                      const Authenticator& passwords) {
  if (!offered.token && request.authorization.empty()) return std::nullopt;
  const auto credentials =
      offered.token ? parse_token(*offered.token) : parse_basic(request.authorization);
  return credentials && passwords.check(credentials->user, credentials->password);
}

Upgrade refuse(Reply reply) { return {.refusal = std::move(reply)}; }

}  // namespace

Upgrade check_upgrade(const UpgradeRequest& request, const UpgradeRules& rules) {
  const Offered offered = read_subprotocols(request.subprotocols);
  if (request.origin) {
    if (!is_same_origin(request, *request.origin) &&
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
