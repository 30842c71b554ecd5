// The other end of a TLS connection, without checks: OpenSSL over a socket.
#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "native/base/file_descriptor.h"

namespace isocache {

struct SocketPair {
  FileDescriptor server;  // non-blocking
  FileDescriptor client;  // waits for bytes for 10 s at most
  SocketPair() {
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
    server = FileDescriptor(ends[0]);
    client = FileDescriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    constexpr timeval kLimit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &kLimit, sizeof kLimit);
  }
};

class TlsClient {
 public:
  // The caller keeps `socket`.
  explicit TlsClient(int socket)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl_(SSL_new(context_.get()), SSL_free) {
    SSL_set_fd(ssl_.get(), socket);
    SSL_set_connect_state(ssl_.get());
  }
  // Does one step. Returns true when the handshake is done. A blocking socket needs one step.
  bool handshake() { return SSL_do_handshake(ssl_.get()) == 1; }
  int send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  // The content of the next record. Empty: nothing has come, or no more will come.
  std::string receive() {
    std::string bytes(std::size_t{16} << 10U, '\0');
    const int count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }
  // The server said goodbye with close_notify.
  bool was_ended() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  SSL* ssl() { return ssl_.get(); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace isocache
