// Carries a connection's bytes: TCP or a unix socket, with or without TLS, as a WebSocket or not.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/base/connect.h"

namespace isocache::bench {

struct TransportOptions {
  bool tls = false;        // without looking at the server's certificate
  bool websocket = false;  // at /memcached
};

class Transport {
 public:
  // Non-blocking after connecting. Throws std::runtime_error if the server does not accept us.
  Transport(const std::string& address, const TransportOptions& options);

  int fd() const { return socket_.fd(); }

  // Turns a batch of requests into the bytes that write_some() sends: one frame, if the transport
  // has frames.
  void wrap(std::string& batch) const;
  // As send() and recv(): -1 and EAGAIN if there is nothing to do. The bytes that are read are
  // without frames.
  ssize_t write_some(const char* from, std::size_t bytes);
  ssize_t read_some(char* to, std::size_t bytes);
  // Bytes were received that the kernel does not report.
  bool has_more() const { return tls_ && SSL_pending(tls_.get()) != 0; }

 private:
  void upgrade(const std::string& address);
  ssize_t receive(char* to, std::size_t bytes);
  std::size_t take_frames_off(char* bytes, std::size_t count);

  Socket socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;  // null: plain
  bool websocket_;
  std::string head_;                // of a frame, as far as it came
  std::uint64_t payload_left_ = 0;  // of the frame whose head came last
};

}  // namespace isocache::bench
