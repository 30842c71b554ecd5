#include "native/net/listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "native/base/errors.h"
#include "native/base/parse_number.h"
#include "native/base/socket_address.h"

namespace isocache {
namespace {

void set_option(const FileDescriptor& socket, int level, int option, int value) {
  ::setsockopt(socket.get(), level, option, &value, sizeof(value));
}

// Accepted sockets inherit these options, so setting them costs no system call for each.
void set_inherited_options(const FileDescriptor& socket) {
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

FileDescriptor make_socket(int family) {
  return FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

[[noreturn]] void refuse_port(const Endpoint& endpoint) {
  const bool taken = errno == EADDRINUSE;
  throw SystemError(fmt::format("failed to listen on TCP port {} of {}: {}{}", endpoint.port,
                                endpoint.host, std::generic_category().message(errno),
                                taken ? "; stop the server that uses it, or choose another port "
                                        "(-p, -l, --http)"
                                      : ""));
}

FileDescriptor listen_on(const addrinfo& info, const Endpoint& endpoint, unsigned backlog) {
  FileDescriptor socket = make_socket(info.ai_family);
  if (!socket) throw_errno("socket");
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set_inherited_options(socket);
  if (info.ai_family == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(socket.get(), info.ai_addr, info.ai_addrlen) != 0 ||
      ::listen(socket.get(), static_cast<int>(backlog)) != 0) {
    refuse_port(endpoint);
  }
  return socket;
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    throw UsageError(fmt::format("a unix socket's path has 1 to {} bytes: {}",
                                 sizeof(address.sun_path) - 1, path));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// A server that was killed leaves its socket file behind.
void remove_stale_socket(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) {
    throw SystemError(fmt::format("failed to listen on {}: it exists and is no socket", path));
  }
  const FileDescriptor probe = make_socket(AF_UNIX);
  const int result = ::connect(probe.get(), generic(address), sizeof(address));
  // EAGAIN: the server is alive, and has no room for another client just now.
  if (result == 0 || errno == EAGAIN) {
    throw SystemError(fmt::format("failed to listen on {}: another server uses it", path));
  }
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
}

}  // namespace

Listener::Listener(FileDescriptor socket, std::string unix_path)
    : socket_(std::move(socket)), unix_path_(std::move(unix_path)) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  ::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &length);
  address_ = address_text(address);
  local_ = is_on_loopback(fd());
  if (unix_path_.empty()) parse_number(address_.substr(address_.rfind(':') + 1), port_);
}

Listener::~Listener() { remove_file(); }

void Listener::stop_listening() {
  if (!passed) ::shutdown(fd(), SHUT_RDWR);
  remove_file();
}

void Listener::remove_file() {
  if (socket_ && !unix_path_.empty()) ::unlink(std::exchange(unix_path_, {}).c_str());
}

Endpoint parse_endpoint(std::string_view text, unsigned default_port) {
  Endpoint endpoint{std::string(text), default_port};
  std::string_view port;
  const auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      throw UsageError(fmt::format("missing ] in address: {}", text));
    endpoint.host = text.substr(1, close - 1);
    if (close + 1 < text.size()) port = text.substr(close + 1);
  } else if (colon != std::string_view::npos &&
             text.find(':') == colon) {  // more colons: IPv6 without a port
    endpoint.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty()) {
    if (!port.starts_with(':') || !parse_number(port.substr(1), endpoint.port) ||
        endpoint.port > kMaxPort) {
      throw UsageError(fmt::format("bad port in address: {}", text));
    }
  }
  if (endpoint.host.empty()) throw UsageError(fmt::format("bad address: '{}'", text));
  return endpoint;
}

std::vector<Listener> listen_tcp(const Endpoint& endpoint, unsigned backlog) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) {
    throw SystemError(
        fmt::format("cannot find address {}: {}", endpoint.host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::vector<Listener> listeners;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    listeners.emplace_back(listen_on(*info, endpoint, backlog), std::string());
  }
  return listeners;
}

Listener adopt_listener(FileDescriptor socket) {
  set_inherited_options(socket);  // a unix socket has no such options, and ignores them
  Listener listener(std::move(socket), {});
  listener.passed = true;
  return listener;
}

void check_unix_path(const std::string& path) { unix_address(path); }

Listener listen_unix(const std::string& path, unsigned mode, unsigned backlog) {
  const sockaddr_un address = unix_address(path);
  remove_stale_socket(path, address);
  FileDescriptor socket = make_socket(AF_UNIX);
  if (!socket) throw_errno("socket");
  // Sets the umask before bind() instead of calling chmod() after it: at no moment may more users
  // connect than intended.
  const mode_t before = ::umask(static_cast<mode_t>(~mode & 0777U));
  const int bound = ::bind(socket.get(), generic(address), sizeof(address));
  const int bind_errno = errno;
  ::umask(before);
  errno = bind_errno;
  if (bound != 0 || ::listen(socket.get(), static_cast<int>(backlog)) != 0) {
    throw_errno(fmt::format("failed to listen on {}", path));
  }
  return {std::move(socket), path};
}

}  // namespace isocache
