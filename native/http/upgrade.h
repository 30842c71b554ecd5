// Whether a request may become a WebSocket. Knows nothing of sockets.
//
// A browser lets any page open a WebSocket to any address it can reach, and sends the page's origin
// along: it is for the server to refuse. Others send no Origin, and are not asked for anything.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "native/http/routes.h"
#include "session/authenticator.h"

namespace isocache {

inline constexpr std::string_view kSubprotocol = "memcached";

struct UpgradeRequest {
  std::string_view host;                   // Host: "cache.example:8080"
  std::optional<std::string_view> origin;  // Origin: "https://app.example"; a browser's
  std::string subprotocols;        // Sec-WebSocket-Protocol, all of them: "memcached, bearer.dTpw"
  std::string_view authorization;  // Authorization
  std::string_view key;            // Sec-WebSocket-Key: 16 bytes in base64
  std::string_view version;        // Sec-WebSocket-Version: "13"
  bool encrypted = false;          // over TLS
};

struct UpgradeRules {
  std::span<const std::string> allowed_origins;  // besides the same origin; "*": any
  const Authenticator* passwords = nullptr;      // null: nobody has to log in
};

struct Upgrade {
  std::optional<Reply> refusal;
  bool subprotocol = false;  // kSubprotocol was offered, and is to be chosen
  bool logged_in = false;
};

// Whether `host` (Host: of a request) can mean nobody but us: an IP address, localhost, this
// machine's own name, or one that is allowed. The owner of any other name may let it point here
// once a page of his is in somebody's browser, which then takes us for his server (DNS rebinding).
bool names_us(std::string_view host, std::span<const std::string> allowed_origins);

Upgrade check_upgrade(const UpgradeRequest& request, const UpgradeRules& rules);

}  // namespace isocache
