// The HTTP port and time: clients that are slow, silent, dead or in the way of the server's end.
// With short limits; what pages and frames hold is tests/e2e's.
#include "native/http/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "native/sharded_backend.h"

namespace isocache {
namespace {

using namespace std::chrono_literals;

struct NoEvents : WorkerEvents {
  void on_connection_closed() override {}
  void on_stop_requested() override {}
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

class Client {
 public:
  explicit Client(FileDescriptor socket) : socket_(std::move(socket)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  // False: the other end is gone.
  bool send(std::string_view bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Exactly this much; less at the end of the stream, with "(nothing)" at its end after 10 s.
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
  // What there is; empty at the end of the stream or after 10 s.
  std::string receive_some() {
    std::string some(1U << 20, '\0');
    const ssize_t count = ::recv(socket_.get(), some.data(), some.size(), 0);
    some.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return some;
  }
  std::string receive_all() { return receive(SIZE_MAX); }
  // Within 10 s; what still comes before that does not matter.
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

 private:
  FileDescriptor socket_;
};

constexpr std::string_view kGet = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kUpgrade =
    "GET /memcached HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

// A client's frame; the mask of zeroes leaves the bytes as they are.
std::string frame(std::uint8_t opcode, std::string_view payload) {
  EXPECT_LT(payload.size(), 126U);
  const std::array<char, 6> head = {
      static_cast<char>(0x80U | opcode), static_cast<char>(0x80U | payload.size()), 0, 0, 0, 0};
  return std::string(head.data(), head.size()) + std::string(payload);
}
std::string command(std::string_view bytes) { return frame(2, bytes); }

// The code of the close frame at the end of what was received.
unsigned close_code(std::string_view received) {
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

  ShardedBackend backend_{Settings{}, 42, false, nullptr};
  std::atomic<Readiness> readiness_{Readiness::kReady};
  HostClock clock_;
  Verbosity verbosity_;
  NoEvents events_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersAHeaderThatTakesTooLong) {
  options_.times.first_request = 100;
  start();
  Client client = connect();
  client.send("GET / HTTP/1.1\r\nHost:");
  const std::string reply = client.receive_all();
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 408 ") && reply.ends_with("\n")) << reply;
}

TEST_F(HttpServerTest, ATrickleOfBytesGainsNoTime) {
  options_.times.first_request = 300;
  options_.times.close = 300;
  start();
  Client client = connect();
  const auto begin = std::chrono::steady_clock::now();
  while (client.send("x") && std::chrono::steady_clock::now() - begin < 5s) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST_F(HttpServerTest, ClosesWhoSaysNothing) {
  options_.times.first_request = 100;
  start();
  EXPECT_EQ(connect().receive_all(), "");
}

TEST_F(HttpServerTest, ClosesAConnectionThatIsNotUsedAgain) {
  options_.times.keep_alive = 100;
  start();
  Client client = connect();
  client.send(kGet);
  const std::string reply = client.receive_all();
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("ok\n")) << reply;
}

TEST_F(HttpServerTest, AskingAWebSocketKeepsItAliveWhileItAnswers) {
  options_.times.ping = 60;
  options_.times.dead = 400;
  start();
  Client client = connect_websocket();
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(client.receive(2), std::string("\x89\0", 2)) << i;  // a ping, empty
    ASSERT_TRUE(client.send(frame(10, "")));
  }
  client.send(command("mn\r\n"));
  EXPECT_EQ(client.receive(6), std::string("\x82\4MN\r\n", 6));
}

TEST_F(HttpServerTest, ClosesADeadWebSocket) {
  options_.times.ping = 60;
  options_.times.dead = 200;
  start();
  EXPECT_EQ(connect_websocket().receive_all(), std::string("\x89\0", 2));
}

TEST_F(HttpServerTest, WhoDoesNotReadIsDeadToo) {
  options_.times.ping = 100;
  options_.times.dead = 400;
  start();
  Client client = connect_websocket();
  client.send(command("set k 0 0 100\r\n"));
  client.send(command(std::string(100, 'v') + "\r\n"));
  EXPECT_EQ(client.receive(10), "\x82\x08STORED\r\n");
  while (
      client.send(command("get k k k k k k k k k k k k k k k k k k k k k k k k k k k k k k\r\n"))) {
  }
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, WhoReadsSlowlyLives) {
  options_.times.close = 200;
  options_.times.ping = 100;
  options_.times.dead = 500;
  start();
  Client client = connect_websocket();
  client.send(command("set k 0 0 100\r\n"));
  client.send(command(std::string(100, 'v') + "\r\n"));
  EXPECT_EQ(client.receive(10), "\x82\x08STORED\r\n");
  constexpr std::size_t kGets = 3000;  // 35 MB: more than fits in the sockets' buffers
  std::thread sender([&] {
    for (std::size_t i = 0; i < kGets; ++i) {
      ASSERT_TRUE(client.send(command("get k k k k k k k k k k k k k k k k k k k k\r\n") +
                              command("get k k k k k k k k k k k k k k k k k k k k\r\n") +
                              command("get k k k k k k k k k k k k k k k k k k k k\r\n") +
                              command("get k k k k k k k k k k k k k k k k k k k k\r\n") +
                              command("get k k k k k k k k k k k k k k k k k k k k\r\n")));
    }
    client.send(command("quit\r\n"));
  });
  // Less than the limit between reads, more than it in all.
  std::size_t total = 0;
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(150ms);
    total += client.receive(1U << 20).size();
  }
  total += client.receive_all().size();
  sender.join();
  EXPECT_GT(total, kGets * 5 * 20 * (15 + 100 + 2));
}

TEST_F(HttpServerTest, AWebSocketHasLittleTimeToLogIn) {
  options_.times.login = 150;
  const OneUser passwords;
  start(&passwords);
  Client idle = connect_websocket();
  Client user = connect_websocket();
  user.send(command("set x 0 0 10\r\nann secret\r\n"));
  EXPECT_EQ(user.receive(10), "\x82\x08STORED\r\n");
  EXPECT_EQ(close_code(idle.receive(4)), 1008U);
  std::this_thread::sleep_for(300ms);
  user.send(command("mn\r\n"));
  EXPECT_EQ(user.receive(6), std::string("\x82\4MN\r\n", 6));
}

TEST_F(HttpServerTest, AGoodbyeWithoutAnswerDoesNotLast) {
  options_.times.close = 100;
  start();
  Client client = connect_websocket();
  client.send(command("quit\r\n"));
  EXPECT_EQ(close_code(client.receive_all()), 1000U);
}

TEST_F(HttpServerTest, DrainsWhatIsOpen) {
  start();
  Client silent = connect();
  Client idle = connect();
  idle.send(kGet);
  EXPECT_TRUE(idle.receive_until("ok\n").starts_with("HTTP/1.1 200 "));
  Client websocket = connect_websocket();
  server_->drain();
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(close_code(websocket.receive(4)), 1001U);
  Client late = connect();
  EXPECT_EQ(late.receive_all(), "");
}

TEST_F(HttpServerTest, DrainsAWebSocketWhenItsRepliesAreOut) {
  options_.times.close = 200;
  start();
  Client client = connect_websocket();
  constexpr int kRequests = 20'000;
  std::thread sender([&] {
    for (int i = 0; i < kRequests; ++i) client.send(command("mn\r\n"));
  });
  EXPECT_EQ(client.receive(1), "\x82");  // it is under way
  server_->drain();
  const std::string rest = client.receive_all();  // our sender is cut off at some point
  sender.join();
  EXPECT_EQ(close_code(rest), 1001U);
}

// A socket that takes no more until somebody reads.
std::size_t fill(const TcpPair& sockets) {
  const int small = 4096;
  ::setsockopt(sockets.client.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  ::setsockopt(sockets.server.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  const std::string junk(1000, 'j');
  std::size_t total = 0;
  for (int quiet = 0; quiet < 20; ++quiet) {  // the kernel makes room for some time
    ssize_t sent = 0;
    while ((sent = ::send(sockets.server.get(), junk.data(), junk.size(), MSG_NOSIGNAL)) > 0) {
      total += static_cast<std::size_t>(sent);
      quiet = 0;
    }
    std::this_thread::sleep_for(20ms);
  }
  return total;
}

TEST_F(HttpServerTest, DrainsAWebSocketThatIsNotOpenYet) {
  start();
  TcpPair sockets;
  const std::size_t junk = fill(sockets);
  server_->adopt(std::move(sockets.server));
  Client client(std::move(sockets.client));
  client.send(kUpgrade);
  std::this_thread::sleep_for(100ms);  // the 101 is stuck
  server_->drain();
  std::this_thread::sleep_for(50ms);
  client.receive(junk);
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(close_code(client.receive(4)), 1001U);
}

TEST_F(HttpServerTest, AnUpgradeThatIsStuckEnds) {
  options_.times.write = 200;
  start();
  TcpPair sockets;
  const std::size_t junk = fill(sockets);
  server_->adopt(std::move(sockets.server));
  Client client(std::move(sockets.client));
  client.send(kUpgrade);
  std::this_thread::sleep_for(600ms);
  client.receive(junk);
  const std::string rest = client.receive_all();  // some of the 101 was in the socket already
  EXPECT_FALSE(rest.ends_with("\r\n\r\n") || rest.ends_with("(nothing)")) << rest;
}

TEST_F(HttpServerTest, DrainsAWebSocketWhenItsRequestIsWhole) {
  start();
  Client client = connect_websocket();
  client.send(command("set k 0 0 5\r\nab"));
  std::this_thread::sleep_for(50ms);
  server_->drain();
  std::this_thread::sleep_for(50ms);
  client.send(command("cde\r\n"));
  EXPECT_EQ(client.receive(10), "\x82\x08STORED\r\n");
  EXPECT_EQ(close_code(client.receive(4)), 1001U);
}

TEST_F(HttpServerTest, DrainsAPageWhoseRequestHasBegun) {
  start();
  Client client = connect();
  client.send(kGet.substr(0, 20));
  std::this_thread::sleep_for(50ms);
  server_->drain();
  std::this_thread::sleep_for(50ms);
  client.send(kGet.substr(20));
  client.finish_sending();
  const std::string reply = client.receive_all();
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("ok\n")) << reply;
  EXPECT_NE(reply.find("\r\nConnection: close\r\n"), std::string::npos) << reply;
}

// Bad frames and the server's end reach the loop in one round: Beast's read finds a bad frame while
// Beast's close is sending its own, and both wait for each other.
class HttpServerAndBadFrames : public HttpServerTest {
 protected:
  void end_among_bad_frames() {
    std::promise<void> entered;
    std::promise<void> release;
    start(nullptr, [&] {
      entered.set_value();
      release.get_future().wait();
      return std::string("m");
    });
    for (int i = 0; i < 10; ++i) clients_.push_back(connect_websocket());
    Client page = connect();
    page.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    entered.get_future().wait();  // the loop does nothing else meanwhile
    for (Client& client : clients_) client.send("\x82\x02mn");  // no mask
    server_->drain();
    release.set_value();
    EXPECT_TRUE(page.ends());
  }
  std::vector<Client> clients_;
};

TEST_F(HttpServerAndBadFrames, AGoodbyeThatCannotBeFinishedEnds) {
  options_.times.close = 200;
  end_among_bad_frames();
  for (int i = 0; i < 250 && server_->connection_count() != 0; ++i) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(HttpServerAndBadFrames, AStopEndsThemBeforeTheirTime) {
  end_among_bad_frames();
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  for (Client& client : clients_) EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, WhoIsAnsweredAtLengthIsNotIdle) {
  options_.idle_timeout_s = 1;
  options_.times.sweep = 1;
  start();
  Client client = connect_websocket();
  const std::string key(60, 'k');
  std::string sets;
  constexpr int kItems = 100'000;
  for (int i = 0; i < kItems; ++i) sets += command(fmt::format("ms {}{} 1 q\r\nv\r\n", key, i));
  client.send(sets + command("lru_crawler metadump all\r\n"));
  std::size_t total = 0;
  for (int i = 0; i < 20; ++i) {  // 3 s
    std::this_thread::sleep_for(150ms);
    total += client.receive(500'000).size();
  }
  std::string rest;
  while (!rest.ends_with("END\r\n")) {
    const std::string some = client.receive_some();
    ASSERT_NE(some, "") << "ended after " << total + rest.size();
    rest += some;
  }
}

TEST_F(HttpServerTest, TellsWhetherItsThreadIsAlive) {
  std::promise<void> release;
  start(nullptr, [&] {
    release.get_future().wait();
    return std::string("m");
  });
  EXPECT_TRUE(server_->alive());
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(server_->alive());
  Client client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  server_->alive();  // asks again, and nobody answers
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(server_->alive());
  release.set_value();
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(server_->alive());
}

TEST_F(HttpServerTest, AnOldClientIsToldThatItMayGoOn) {
  start();
  Client client = connect();
  client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string first = client.receive_until("ok\n");
  EXPECT_TRUE(first.starts_with("HTTP/1.0 200 ")) << first;
  EXPECT_NE(first.find("\r\nConnection: keep-alive\r\n"), std::string::npos) << first;
  client.send("GET /healthz HTTP/1.0\r\n\r\n");
  const std::string last = client.receive_all();
  EXPECT_TRUE(last.starts_with("HTTP/1.0 200 ") && last.ends_with("ok\n")) << last;
}

TEST_F(HttpServerTest, OneBeyondTheLimitGetsAPageAndNoWebSocket) {
  start();
  for (const std::string_view request : {kGet, kUpgrade}) {
    TcpPair sockets;
    server_->adopt(std::move(sockets.server), nullptr, true);
    Client client(std::move(sockets.client));
    client.send(request);
    client.finish_sending();
    const std::string reply = client.receive_all();
    EXPECT_TRUE(reply.starts_with(request == kGet ? "HTTP/1.1 200 " : "HTTP/1.1 503 ")) << reply;
    EXPECT_NE(reply.find("\r\nConnection: close\r\n"), std::string::npos) << reply;
  }
}

TEST_F(HttpServerTest, StopsWhateverIsOpen) {
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.push_back(connect());
    clients.back().send("GET / HT");
    clients.push_back(connect_websocket());
    clients.back().send(command("set k 0 0 50000\r\nabc"));
    clients.push_back(connect_websocket());
    clients.back().send(command("quit\r\n"));
  }
  stop();
  for (Client& client : clients) EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace isocache
