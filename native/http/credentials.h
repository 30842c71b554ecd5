// User and password, in the two forms that HTTP clients send them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isocache {

struct Credentials {
  std::string user;
  std::string password;
};

// Parses "Basic dXNlcjpwYXNz", the value of an Authorization field (RFC 7617). Returns nothing if
// it is malformed.
std::optional<Credentials> parse_basic(std::string_view authorization);
// Parses "user:password" in base64url, with or without padding (RFC 4648, section 5).
std::optional<Credentials> parse_token(std::string_view token);

}  // namespace isocache
