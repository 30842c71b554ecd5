#include "bench/loadgen/loadgen_transport.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace isocache::bench {
namespace {

SSL_CTX* client_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  return context;
}

// OpenSSL's result as an errno.
ssize_t result_of(const SSL* tls, int result) {
  if (result > 0) return result;
  const int error = SSL_get_error(tls, result);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

// The length of the head of a server's frame that begins with these bytes; 0: two bytes are needed.
std::size_t head_bytes(std::string_view head) {
  if (head.size() < 2) return 0;
  const unsigned length = static_cast<unsigned char>(head[1]);
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

std::uint64_t payload_bytes(std::string_view head) {
  if (head.size() == 2) return static_cast<unsigned char>(head[1]);
  std::uint64_t length = 0;
  for (const char byte : head.substr(2)) length = length << 8U | static_cast<unsigned char>(byte);
  return length;
}

}  // namespace

Transport::Transport(const std::string& address, const TransportOptions& options)
    : socket_(connect_to(address)),
      tls_(options.tls ? SSL_new(client_context()) : nullptr, SSL_free),
      websocket_(options.websocket) {
  if (tls_) {
    SSL_set_fd(tls_.get(), fd());
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("no TLS with " + address);
  }
  if (websocket_) upgrade(address);
  fcntl(fd(), F_SETFL, fcntl(fd(), F_GETFL) | O_NONBLOCK);
}

void Transport::upgrade(const std::string& address) {
  const std::string request = "GET /memcached HTTP/1.1\r\nHost: " + address +
                              "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: memcached\r\n"
                              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  std::string reply;
  if (write_some(request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    char byte = 0;
    while (!reply.ends_with("\r\n\r\n") && receive(&byte, 1) == 1) reply += byte;
  }
  if (!reply.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("no WebSocket at " + address);
}

// A mask of zeroes: the server does the same work, and the requests need no change.
void Transport::wrap(std::string& batch) const {
  if (!websocket_) return;
  const std::size_t size = batch.size();
  const int extended = size < 126 ? 0 : size < 65536 ? 2 : 8;
  std::string head = "\x82";
  head += static_cast<char>(0x80U | (extended == 0 ? size : extended == 2 ? 126U : 127U));
  for (int i = extended - 1; i >= 0; --i) head += static_cast<char>(size >> (8 * i) & 0xffU);
  head.append(4, '\0');
  batch.insert(0, head);
}

ssize_t Transport::write_some(const char* from, std::size_t bytes) {
  if (!tls_) return ::send(fd(), from, bytes, MSG_NOSIGNAL);
  return result_of(tls_.get(), SSL_write(tls_.get(), from, static_cast<int>(bytes)));
}

ssize_t Transport::read_some(char* to, std::size_t bytes) {
  const ssize_t count = receive(to, bytes);
  if (!websocket_ || count <= 0) return count;
  const std::size_t payload = take_frames_off(to, static_cast<std::size_t>(count));
  if (payload != 0) return static_cast<ssize_t>(payload);
  errno = EAGAIN;
  return -1;
}

ssize_t Transport::receive(char* to, std::size_t bytes) {
  if (!tls_) return ::recv(fd(), to, bytes, 0);
  return result_of(tls_.get(), SSL_read(tls_.get(), to, static_cast<int>(bytes)));
}

// Moves the payloads together. Returns their length.
std::size_t Transport::take_frames_off(char* bytes, std::size_t count) {
  char* end = bytes;
  for (const char* at = bytes; at != bytes + count;) {
    if (payload_left_ != 0) {
      const auto part =
          std::min<std::uint64_t>(payload_left_, static_cast<std::uint64_t>(bytes + count - at));
      if (at != end) std::memmove(end, at, part);
      end += part;
      at += part;
      payload_left_ -= part;
      continue;
    }
    head_ += *at++;
    if (head_.size() != head_bytes(head_)) continue;
    if (head_[0] != '\x82') throw std::runtime_error("a frame that is not binary and whole");
    payload_left_ = payload_bytes(head_);
    head_.clear();
  }
  return static_cast<std::size_t>(end - bytes);
}

}  // namespace isocache::bench
