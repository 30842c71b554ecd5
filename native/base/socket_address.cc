#include "native/base/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstring>

namespace isocache {
namespace {

// The socket interface passes every kind of address through one type.
template <typename Address>
Address as(const sockaddr_storage& storage) {
  Address address;
  std::memcpy(&address, &storage, sizeof(address));
  return address;
}

std::string with_protocol(const sockaddr_storage& address) {
  const char* protocol = "";
  if (address.ss_family == AF_INET) protocol = "tcp:";
  if (address.ss_family == AF_INET6) protocol = "tcp6:";
  return protocol + address_text(address);
}

}  // namespace

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  switch (address.ss_family) {
    case AF_INET: {
      const auto v4 = as<sockaddr_in>(address);
      ::inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
      return fmt::format("{}:{}", host.data(), ntohs(v4.sin_port));
    }
    case AF_INET6: {
      const auto v6 = as<sockaddr_in6>(address);
      ::inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
      return fmt::format("[{}]:{}", host.data(), ntohs(v6.sin6_port));
    }
    case AF_UNIX: return fmt::format("unix:{}", as<sockaddr_un>(address).sun_path);
    default: return "unknown";
  }
}

std::string local_address(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "unknown";
  return with_protocol(address);
}

std::string peer_address(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "unknown";
  // a client's end of a unix socket has no name
  if (address.ss_family == AF_UNIX) return local_address(fd);
  return with_protocol(address);
}

bool is_on_loopback(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return false;
  if (address.ss_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address);
    return ntohl(v4->sin_addr.s_addr) >> 24U == IN_LOOPBACKNET;
  }
  if (address.ss_family != AF_INET6) return true;
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&address);
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) return v6->sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

}  // namespace isocache
