// A client's socket to "HOST:PORT" or to the path of a unix socket.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace isocache::bench {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] inline void fail_to_connect(const std::string& address) {
  throw std::runtime_error("cannot connect to " + address + ": " + std::strerror(errno));
}

inline Socket connect_to_path(const std::string& path) {
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) throw std::runtime_error("path too long: " + path);
  std::memcpy(to.sun_path, path.data(), path.size());
  // The socket interface wants the generic type.
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fail_to_connect(path);
  }
  return socket;
}

inline Socket connect_to_port(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no such host: " + host);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    Socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    if (connect(socket.fd(), at->ai_addr, at->ai_addrlen) != 0) continue;
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  fail_to_connect(host + ":" + port);
}

// Blocking. Throws std::runtime_error.
inline Socket connect_to(const std::string& address) {
  if (address.find('/') != std::string::npos) return connect_to_path(address);
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return connect_to_port(address, "11211");
  return connect_to_port(address.substr(0, colon), address.substr(colon + 1));
}

}  // namespace isocache::bench
