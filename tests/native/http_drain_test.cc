// The end of the HTTP port: requests that are still served, and clients that delay it.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http_server_fixture.h"

namespace isocache {
namespace {

using namespace std::chrono_literals;

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
  EXPECT_EQ(client.receive(1), "\x82");  // the reply is under way
  server_->drain();
  const std::string rest = client.receive_all();  // the client's sender is cut off at some point
  sender.join();
  EXPECT_EQ(close_code(rest), 1001U);
}

TEST_F(HttpServerTest, DrainsAWebSocketWhoseClientReadsLate) {
  options_.times.close = 100;
  start();
  Client client = connect_websocket();
  constexpr std::size_t kBytes = 500'000;
  const std::string set = "set k 0 0 500000\r\n" + std::string(kBytes, 'v') + "\r\n";
  std::string head("\x82\xff\0\0\0\0\0\0\0\0\0\0\0\0", 14);  // a long frame; the mask is zeroes
  for (unsigned i = 0; i < 4; ++i) head[9 - i] = static_cast<char>(set.size() >> (8 * i));
  ASSERT_TRUE(client.send(head + set));
  ASSERT_EQ(client.receive(10), "\x82\x08STORED\r\n");
  for (int i = 0; i < 100; ++i) client.send(command("get k\r\n"));
  std::this_thread::sleep_for(300ms);  // until the sockets are full
  server_->drain();
  std::this_thread::sleep_for(500ms);
  const std::string rest = client.receive_all();
  EXPECT_EQ(close_code(rest), 1001U);
  EXPECT_GT(rest.size(), kBytes);
  EXPECT_EQ(rest.substr(rest.size() - 4 - std::string_view("the server ends").size() - 7, 7),
            "\r\nEND\r\n");
}

TEST_F(HttpServerTest, AnswersWhatCameBeforeABadFrame) {
  start();
  Client client = connect_websocket();
  client.send(command("mn\r\n") + command("mn\r\n") + "\x82\x02mn");  // no mask
  const std::string all = client.receive(14);
  EXPECT_EQ(all.substr(0, 10), "\x82\x08MN\r\nMN\r\n");
  EXPECT_EQ(close_code(all), 1002U);
}

TEST_F(HttpServerTest, ReadsOnBehindAPageUntilTheClientHasIt) {
  start();
  Client client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  const std::string body(1'000'000, 'b');
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(client.send(body));
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 4"));
}

// Fills a socket until it takes no more bytes before the other end reads.
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
  const std::string rest = client.receive_all();  // part of the 101 was already in the socket
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

// When the end begins, the requests are in the server's sockets, and it has not read them yet.
class HttpServerAndRequestsUnread : public HttpServerTest {
 protected:
  // The loop does nothing else until the end has begun.
  Client hold_the_loop() {
    start(nullptr, [&] {
      entered_.set_value();
      release_.get_future().wait();
      return std::string("m");
    });
    Client page = connect();
    for (int i = 0; i < 20; ++i) clients_.push_back(connect_websocket());
    page.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    entered_.get_future().wait();
    return page;
  }
  void end_now() {
    server_->drain();
    release_.set_value();
  }
  std::promise<void> entered_;
  std::promise<void> release_;
  std::vector<Client> clients_;
};

TEST_F(HttpServerAndRequestsUnread, AnswersThemBeforeItsGoodbye) {
  Client page = hold_the_loop();
  for (Client& client : clients_) client.send(command("mn\r\n"));
  end_now();
  for (Client& client : clients_) {
    EXPECT_EQ(client.receive(6), "\x82\x04MN\r\n");
    EXPECT_EQ(close_code(client.receive(4)), 1001U);
  }
}

TEST_F(HttpServerAndRequestsUnread, FindsThemBehindFramesThatHoldNone) {
  Client page = hold_the_loop();
  std::string all;
  for (int i = 0; i < 1000; ++i) all += i % 2 == 0 ? command("") : frame(10, "");  // a pong
  for (Client& client : clients_) client.send(all + command("mn\r\n") + command("mn\r\n"));
  end_now();
  for (Client& client : clients_) {
    EXPECT_EQ(client.receive(6), "\x82\x04MN\r\n");  // the first is the last
    EXPECT_EQ(close_code(client.receive(4)), 1001U);
  }
}

TEST_F(HttpServerAndRequestsUnread, AFrameWhoseHeadIsHereHasBegun) {
  Client page = hold_the_loop();
  const std::string mn = command("mn\r\n");
  for (Client& client : clients_) client.send(mn.substr(0, 6));
  end_now();
  std::this_thread::sleep_for(50ms);
  for (Client& client : clients_) {
    client.send(mn.substr(6));
    EXPECT_EQ(client.receive(6), "\x82\x04MN\r\n");
    EXPECT_EQ(close_code(client.receive(4)), 1001U);
  }
}

TEST_F(HttpServerTest, AWebSocketThatDoesNotSayGoodbyeHoldsNoDrainUp) {
  start();  // with the long times of a server
  Client silent = connect_websocket();
  const auto begin = std::chrono::steady_clock::now();
  server_->drain();
  EXPECT_EQ(close_code(silent.receive(4)), 1001U);
  EXPECT_TRUE(silent.ends());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(HttpServerTest, AShutdownNeedsNoGoodbyeOfWhoAskedForIt) {
  start();
  Client client = connect_websocket();
  client.send(command("shutdown graceful\r\n"));
  EXPECT_EQ(close_code(client.receive(4)), 1000U);  // and does not answer
  for (int i = 0; i < 50 && events_.stops == 0; ++i) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(events_.stops, 1);
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
