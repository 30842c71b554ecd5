// Any bytes to the HTTP port: nothing crashes, leaks or hangs, and each connection ends when the
// client's side does.
//
//   byte 0: what the rest is: 0 bytes of a new connection, 1 bytes behind an upgrade, 2 frames
//           (bits 0-1); passwords are wanted (bit 2); permessage-deflate is on (bit 3); the bytes
//           come in pieces (bit 4)
//   the rest; for frames, of each: one byte that begins it (fin, reserved bits, opcode), one for
//   its length (up to 200 as it is, above: longer), then as much payload
//
// One connection at a time over a socket pair, to a server that lives as long as the process.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "native/http/http_server.h"
#include "native/shards/sharded_backend.h"

namespace {

using namespace isocache;

constexpr int kLimit_ms = 20'000;
constexpr std::size_t kMaxItemBytes = 16U << 10;
// The largest replies: every request of an input answered with the largest item, and more.
constexpr std::size_t kMostReplyBytes = 256U << 20;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "http_fuzz: %s\n", what);
  std::abort();
}

struct NoEvents : ConnectionEvents {
  void on_connection_closed() override {}
  void on_stop_requested() override {}
};

struct OneUser : Authenticator {
  bool check(std::string_view user, std::string_view password) const override {
    return user == "u" && password == "p";
  }
};

class World {
 public:
  World(bool passwords, bool deflate) : backend_(settings(), 1, hash_key_of(42), false, nullptr) {
    HttpServerOptions options;
    options.max_item_bytes = kMaxItemBytes;
    options.http.deflate = deflate;
    options.session.authenticator = passwords ? &user_ : nullptr;
    server_ = std::make_unique<HttpServer>(
        options, backend_, HttpPages{[] { return "metrics"; }, [] { return "{}"; }}, readiness_,
        nullptr, options.session.authenticator, clock_, verbosity_, events_);
    server_->start();
  }
  ~World() {
    server_->stop();
    server_->join();
  }

  void talk(std::string_view bytes, std::size_t piece) {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "socketpair");
    FileDescriptor client(ends[0]);
    server_->adopt(FileDescriptor(ends[1]));
    exchange(client.get(), bytes, piece);
    client = {};
    const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLimit_ms);
    while (server_->connection_count() != 0) {
      require(std::chrono::steady_clock::now() < late, "the connection stays");
      ::poll(nullptr, 0, 0);
    }
  }

 private:
  static Settings settings() {
    Settings settings;
    settings.max_bytes = 4U << 20;
    settings.max_item_bytes = kMaxItemBytes;
    return settings;
  }

  // Sends all bytes, ends its side, and reads until the server is finished, too.
  static void exchange(int socket, std::string_view bytes, std::size_t piece) {
    std::size_t received = 0;
    bool sending = true;
    for (;;) {
      pollfd wanted{.fd = socket,
                    .events = static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN),
                    .revents = 0};
      const int ready = ::poll(&wanted, 1, kLimit_ms);
      if (ready < 0 && errno == EINTR) continue;  // libFuzzer's timer
      require(ready > 0, "nothing happens any more");
      if ((wanted.revents & POLLIN) != 0 || !sending) {
        std::array<char, 65536> buffer{};
        const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) return;
        if (count > 0) received += static_cast<std::size_t>(count);
        require(received < kMostReplyBytes, "an answer without bound");
      }
      if (sending && (wanted.revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        const ssize_t sent = bytes.empty() ? 0
                                           : ::send(socket, bytes.data(),
                                                    std::min(piece, bytes.size()), MSG_NOSIGNAL);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        sending = sent >= 0 ? !bytes.empty() : errno == EAGAIN;
        if (!sending) ::shutdown(socket, SHUT_WR);
      }
    }
  }

  ShardedBackend backend_;
  OneUser user_;
  std::atomic<Readiness> readiness_{Readiness::kReady};
  HostClock clock_;
  Verbosity verbosity_;
  NoEvents events_;
  std::unique_ptr<HttpServer> server_;
};

World& world(bool passwords, bool deflate) {
  static std::array<std::unique_ptr<World>, 4> worlds;
  auto& world = worlds[(passwords ? 1U : 0U) + (deflate ? 2U : 0U)];
  if (!world) world = std::make_unique<World>(passwords, deflate);
  return *world;
}

std::string upgrade_request(bool deflate) {
  return std::string(
             "GET /memcached HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n") +
         (deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n" : "\r\n");
}

// Masked with zeroes, so the payload is unchanged.
void append_frame(std::string& to, char begin, std::string_view payload) {
  to += begin;
  if (payload.size() < 126) {
    to += static_cast<char>(0x80U | payload.size());
  } else {
    to += static_cast<char>(0x80U | 126U);
    to += static_cast<char>(payload.size() >> 8U);
    to += static_cast<char>(payload.size() & 0xffU);
  }
  to.append(4, '\0');
  to += payload;
}

std::string frames(std::string_view bytes) {
  std::string all;
  while (bytes.size() >= 2) {
    const char begin = bytes[0];
    const std::size_t length = static_cast<unsigned char>(bytes[1]);
    bytes.remove_prefix(2);
    const std::size_t wanted = length <= 200 ? length : (length - 200) * 600;
    const std::string_view payload = bytes.substr(0, std::min(wanted, bytes.size()));
    append_frame(all, begin, payload);
    bytes.remove_prefix(payload.size());
  }
  return all;
}

}  // namespace

// No header of libFuzzer declares it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned head = data[0];
  const bool deflate = (head & 8U) != 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  World& server = world((head & 4U) != 0, deflate);
  const std::size_t piece = (head & 16U) != 0 ? 3 : SIZE_MAX;
  switch (head & 3U) {
    case 0: server.talk(rest, piece); break;
    case 1: server.talk(upgrade_request(deflate) + std::string(rest), piece); break;
    default: server.talk(upgrade_request(deflate) + frames(rest), piece); break;
  }
  return 0;
}
