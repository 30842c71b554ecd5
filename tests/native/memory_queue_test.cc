// WebSockets that wait for memory: their queue, and what they do when they have it or have to end.
#include "native/http/memory_queue.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "http_server_fixture.h"

namespace isocache {
namespace {

class MemoryQueueTest : public testing::Test {
 protected:
  auto note(int waiter) {
    return [this, waiter](beast::error_code) { had_turn_.push_back(waiter); };
  }
  asio::io_context context_{1};
  HostClock clock_;
  MemoryQueue queue_{context_.get_executor(), clock_};
  std::vector<int> had_turn_;
};

TEST_F(MemoryQueueTest, TurnsComeInOrderAndSomeAtATime) {
  constexpr int kMost = MemoryWaiters<Timer>::kMostRetries;
  std::vector<int> all;
  for (int waiter = 0; waiter < kMost + 2; ++waiter) {
    all.push_back(waiter);
    queue_.async_turn(note(waiter));
  }
  while (had_turn_.size() < kMost) context_.run_one();
  queue_.async_turn(note(-1));  // asks again, behind the others
  context_.run();
  all.push_back(-1);
  EXPECT_EQ(had_turn_, all);
}

TEST_F(MemoryQueueTest, WhoWaitsMayGoBeforeItsTurn) {
  asio::cancellation_signal gone;
  queue_.async_turn(asio::bind_cancellation_slot(gone.slot(), note(0)));
  queue_.async_turn(note(1));
  gone.emit(asio::cancellation_type::terminal);
  context_.poll_one();
  EXPECT_EQ(had_turn_, std::vector<int>{0});
  context_.run();
  EXPECT_EQ(had_turn_, (std::vector<int>{0, 1}));
}

constexpr std::size_t kLength = 900'000;
constexpr int kHolders = 3;  // together they may hold no more

class WebSocketMemoryTest : public HttpServerTest {
 protected:
  // A client without a socket that reads nothing.
  struct Holder {
    explicit Holder(ShardedBackend& to) : backend(to), session(to, clock, {}) {}
    ~Holder() { release(); }
    void release() {
      backend.release(session.output());
      session.output().clear();
    }
    void store(const std::string& key) {
      session.feed("set " + key + " 0 0 " + std::to_string(kLength) + "\r\n");
      for (std::size_t left = kLength; left != 0;) {
        const auto window = session.upload_window();
        ASSERT_FALSE(window.empty());
        session.upload_received(window.size());
        left -= window.size();
      }
      session.feed("\r\n");
      release();
    }
    void hold(const std::string& key) {
      session.feed("get " + key + "\r\n");
      if (session.waiting()) session.resume();
      ASSERT_TRUE(session.output().has_pins());
    }
    ShardedBackend& backend;
    const Clock clock{.now_s = 1'000'000};
    Session session;
  };

  WebSocketMemoryTest() {
    Holder client(backend_);
    client.session.feed("cache_memlimit 8\r\n");
    client.release();
    for (int key = 0; key <= kHolders; ++key) client.store("k" + std::to_string(key));
    for (int key = 0; key < kHolders; ++key) {
      holders_.emplace_back(std::make_unique<Holder>(backend_))->hold("k" + std::to_string(key));
    }
  }
  // Asks for one value more, and has to wait.
  Client waiter() {
    Client client = connect_websocket();
    client.send(command("get k" + std::to_string(kHolders) + "\r\n"));
    for (int n = 0; n < 1000 && !backend_.memory_is_wanted(clock_.now().clock.now_s); ++n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return client;
  }

  std::vector<std::unique_ptr<Holder>> holders_;
};

TEST_F(WebSocketMemoryTest, WaitsForMemoryAndHasItSoonAfterItIsThere) {
  start();
  Client client = waiter();
  ASSERT_TRUE(backend_.memory_is_wanted(clock_.now().clock.now_s));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(client.has_come());
  holders_.clear();
  const auto began = std::chrono::steady_clock::now();
  const std::string head = "VALUE k3 0 " + std::to_string(kLength) + "\r\n";
  EXPECT_EQ(client.receive(10 + head.size()).substr(10), head);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

TEST_F(WebSocketMemoryTest, WhoWaitsForMemoryDoesNotKeepTheServerFromEnding) {
  start();
  const Client client = waiter();
  ASSERT_TRUE(backend_.memory_is_wanted(clock_.now().clock.now_s));
  server_->stop();
  for (int n = 0; n < 400 && server_->connection_count() != 0; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(server_->connection_count(), 0U);
  holders_.clear();
}

}  // namespace
}  // namespace isocache
