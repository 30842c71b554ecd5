#include "native/http/credentials.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "native/http/ascii.h"
#include "protocol/base64.h"

namespace isocache {
namespace {

constexpr std::string_view kBasic = "basic ";

std::optional<Credentials> parse_base64(std::string_view text) {
  std::string decoded(text.size() / 4 * 3, '\0');
  std::size_t length = 0;
  if (!base64_decode(text, decoded.data(), &length)) return std::nullopt;
  decoded.resize(length);
  const std::size_t colon = decoded.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

}  // namespace

std::optional<Credentials> parse_basic(std::string_view authorization) {
  if (!equal_ignoring_case(authorization.substr(0, kBasic.size()), kBasic)) return std::nullopt;
  return parse_base64(trimmed(authorization.substr(kBasic.size())));
}

std::optional<Credentials> parse_token(std::string_view token) {
  std::string text(token);
  if (text.find_first_of("+/") != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  if (text.find('=') == std::string::npos) text.append((4 - text.size() % 4) % 4, '=');
  return parse_base64(text);
}

}  // namespace isocache
