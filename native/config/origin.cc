// RFC 6454: scheme, host and port, in lower case, without the scheme's default port.
#include "native/config/origin.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "native/base/parse_number.h"

namespace isocache {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return kLetters.find(c) != std::string_view::npos ||
           kDigits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  });
}

// Writes an IPv6 address such as "[::1]" in its shortest form.
std::optional<std::string> normalized_v6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  const std::string inside(text.substr(1, text.size() - 2));
  if (::inet_pton(AF_INET6, inside.c_str(), &address) != 1) return std::nullopt;
  ::inet_ntop(AF_INET6, &address, shortest.data(), shortest.size());
  return fmt::format("[{}]", shortest.data());
}

std::optional<std::string> normalized_host(std::string_view host) {
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) return normalized_v6(host);
  return consists_of(host, ".-_") ? std::optional<std::string>(host) : std::nullopt;
}

}  // namespace

std::optional<std::string> normalized_origin(std::string_view text) {
  constexpr std::string_view kBehindScheme = "://";
  const std::string origin = lower_case(text);
  if (origin == "null") return origin;
  const auto separator = origin.find(kBehindScheme);
  if (separator == std::string::npos) return std::nullopt;
  const std::string_view scheme = std::string_view(origin).substr(0, separator);
  std::string_view host = std::string_view(origin).substr(separator + kBehindScheme.size());
  if (!consists_of(scheme, "+-.")) return std::nullopt;
  std::string port;
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']')) {
    unsigned number = 0;
    if (!parse_number(host.substr(colon + 1), number) || number == 0 || number > kMaxPort)
      return std::nullopt;
    const bool is_default =
        (scheme == "https" && number == 443) || (scheme == "http" && number == 80);
    if (!is_default) port = fmt::format(":{}", number);
    host = host.substr(0, colon);
  }
  const std::optional<std::string> normalized = normalized_host(host);
  if (!normalized) return std::nullopt;
  return fmt::format("{}{}{}{}", scheme, kBehindScheme, *normalized, port);
}

}  // namespace isocache
