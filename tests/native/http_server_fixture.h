// An HTTP server in the test's process, with short limits, and its clients.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "native/http/http_server.h"
#include "native/shards/sharded_backend.h"

namespace isocache {

struct CountedEvents : ConnectionEvents {
  void on_connection_closed() override {}
  void on_stop_requested() override { ++stops; }
  std::atomic<int> stops{0};
};

struct OneUser : Authenticator {
  bool check(std::string_view user, std::string_view password) const override {
    return user == "ann" && password == "secret";
  }
};

struct TcpPair {
  FileDescriptor server;  // non-blocking
  FileDescriptor client;
  TcpPair() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const FileDescriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(::bind(listener.get(), generic, length), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    ::getsockname(listener.get(), generic, &length);
    client = FileDescriptor(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(::connect(client.get(), generic, length), 0);
    server = FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
  }
};

inline void reset_at_close(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

class Client {
 public:
  explicit Client(FileDescriptor socket) : socket_(std::move(socket)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  // Returns false when the other end is gone.
  bool send(std::string_view bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Receives exactly this much. At the end of the stream it returns less; after 10 s, less with
  // "(nothing)" at its end.
  std::string receive(std::size_t bytes) {
    std::string all;
    std::array<char, 65536> buffer{};
    while (all.size() < bytes) {
      const ssize_t count =
          ::recv(socket_.get(), buffer.data(), std::min(buffer.size(), bytes - all.size()), 0);
      if (count < 0) return errno == ECONNRESET ? all : all + "(nothing)";
      if (count == 0) break;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  // Bytes have come that were not received yet.
  bool has_come() {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }
  // Receives what has come. Empty at the end of the stream or after 10 s.
  std::string receive_some() {
    std::string some(1U << 20, '\0');
    const ssize_t count = ::recv(socket_.get(), some.data(), some.size(), 0);
    some.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return some;
  }
  std::string receive_all() { return receive(SIZE_MAX); }
  // Waits 10 s at most for the end. Bytes that come before it are ignored.
  bool ends() { return !receive_all().ends_with("(nothing)"); }
  std::string receive_until(std::string_view end) {
    std::string all;
    while (!all.ends_with(end)) {
      const std::string one = receive(1);
      if (one.size() != 1) return all + one;
      all += one;
    }
    return all;
  }
  void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }
  void reset() {
    reset_at_close(socket_.get());
    socket_ = FileDescriptor();
  }

 private:
  FileDescriptor socket_;
};

inline constexpr std::string_view kGet = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
inline constexpr std::string_view kUpgrade =
    "GET /memcached HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

// A client's frame. Its mask of zeroes leaves the bytes as they are.
inline std::string frame(std::uint8_t opcode, std::string_view payload) {
  EXPECT_LT(payload.size(), 126U);
  const std::array<char, 6> head = {
      static_cast<char>(0x80U | opcode), static_cast<char>(0x80U | payload.size()), 0, 0, 0, 0};
  return std::string(head.data(), head.size()) + std::string(payload);
}
inline std::string command(std::string_view bytes) { return frame(2, bytes); }

// The code of the close frame at the end of what was received.
inline unsigned close_code(std::string_view received) {
  const std::size_t at = received.rfind('\x88');
  if (at == std::string_view::npos || received.size() < at + 4) return 0;
  return static_cast<unsigned char>(received[at + 2]) * 256U +
         static_cast<unsigned char>(received[at + 3]);
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    options_.times.sweep = 20;
    options_.max_item_bytes = 1U << 20;
  }
  ~HttpServerTest() override { stop(); }
  void start(
      const Authenticator* passwords = nullptr,
      std::function<std::string()> metrics = [] { return "m"; }) {
    options_.session.authenticator = passwords;
    server_ = std::make_unique<HttpServer>(
        options_, backend_, HttpPages{std::move(metrics), [] { return "{}"; }}, readiness_, nullptr,
        passwords, clock_, verbosity_, events_);
    server_->start();
  }
  void stop() {
    if (!server_) return;
    server_->stop();
    server_->join();
    EXPECT_EQ(server_->connection_count(), 0U);
    server_.reset();
  }
  Client connect() {
    TcpPair sockets;
    server_->adopt(std::move(sockets.server));
    return Client(std::move(sockets.client));
  }
  Client connect_websocket() {
    Client client = connect();
    client.send(kUpgrade);
    EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    return client;
  }

  static Settings settings() {
    Settings settings;
    settings.shutdown_enabled = true;
    return settings;
  }

  ShardedBackend backend_{settings(), 1, hash_key_of(42), false, nullptr};
  std::atomic<Readiness> readiness_{Readiness::kReady};
  HostClock clock_;
  Verbosity verbosity_;
  CountedEvents events_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace isocache
