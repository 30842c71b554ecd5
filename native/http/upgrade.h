// Decides whether a request may become a WebSocket. Knows nothing of sockets.
//
// A browser lets any page open a WebSocket to any address that it can reach, and sends the page's
// origin along. The server has to refuse wrong origins. Other clients send no Origin, and need
// none.
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
  bool subprotocol = false;  // kSubprotocol was offered, and has to be chosen
  bool logged_in = false;
};

// Returns true if `host` (Host: of a request) can mean only this server: an IP address, localhost,
// this machine's own name, or an allowed name. Any other name's owner may let it point here after
// the browser has loaded a page of theirs. The browser then takes this server for theirs (DNS
// rebinding).
bool names_us(std::string_view host, std::span<const std::string> allowed_origins);

Upgrade check_upgrade(const UpgradeRequest& request, const UpgradeRules& rules);

}  // namespace isocache
