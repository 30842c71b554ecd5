// The HTTP port and time: clients that are slow, silent or dead. tests/e2e tests the content of
// pages and frames.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "http_server_fixture.h"

namespace isocache {
namespace {

using namespace std::chrono_literals;

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
  // Behind its end the client is idle: on a slow machine the close frame is there as well.
  constexpr std::string_view kEnd = "END\r\n";
  std::string tail;
  while (tail.find(kEnd) == std::string::npos) {
    tail.erase(0, tail.size() - std::min(tail.size(), kEnd.size()));
    const std::string some = client.receive_some();
    ASSERT_NE(some, "") << "ended after " << total;
    total += some.size();
    tail += some;
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
  server_->alive();  // asks again, and no thread answers
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

}  // namespace
}  // namespace isocache
