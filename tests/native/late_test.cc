// Replies that come late, on every transport, completed by another thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "late_fixture.h"

namespace isocache {
namespace {

TEST_P(LateTest, LaterRequestsGoOnAndRepliesKeepTheirOrder) {
  LateServer server;
  const auto client = connect(server);
  const auto other = connect(server);
  client->send("mn\r\nget late\r\nset b 0 0 1\r\n2\r\nget late2\r\nmn\r\n");
  expect_reply(*client, "MN\r\n");
  ASSERT_TRUE(has_open(server, 2));
  other->send("get b\r\n");
  expect_reply(*other, "VALUE b 0 1\r\n2\r\nEND\r\n");
  EXPECT_TRUE(server.backend.complete(server.backend.tokens().back()));
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "END\r\nSTORED\r\nEND\r\nMN\r\n");
}

TEST_P(LateTest, ARequestForALateKeyWaits) {
  LateServer server;
  const auto client = connect(server);
  client->send("get late\r\ndelete late\r\nmn\r\n");
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "END\r\n");
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "NOT_FOUND\r\nMN\r\n");
}

TEST_P(LateTest, ADrainWaitsForLateReplies) {
  LateServer server;
  const auto client = connect(server);
  client->send("get late\r\n");
  ASSERT_TRUE(has_open(server, 1));
  server.drain();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  complete_all(server);
  expect_reply(*client, "END\r\n");
  EXPECT_TRUE(client->ends());
}

TEST_P(LateTest, TheEndWaitsForLateReplies) {
  LateServer server;
  const auto client = connect(server);
  client->send("get late\r\nquit\r\n");
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "END\r\n");
  EXPECT_TRUE(client->ends());
}

TEST_P(LateTest, GivenUpAfterTheLimit) {
  LateServer server(1);
  const auto client = connect(server);
  client->send("get late\r\nmn\r\nmg late2 k\r\nmn\r\n");
  expect_reply(*client, "END\r\nMN\r\nEN klate2\r\nMN\r\n");
  EXPECT_EQ(server.given_up(), 2U);
  client->send("mn\r\n");
  expect_reply(*client, "MN\r\n");
}

// The next late reply has its own time.
TEST_P(LateTest, AReplyIsNotGivenUpForAnOlderOne) {
  LateServer server(1);
  const auto client = connect(server);
  server.store("late", "1");
  client->send("get late\r\nincr late 1\r\n");
  ASSERT_TRUE(has_open(server, 1));
  const LateToken get = server.backend.tokens().front();
  EXPECT_TRUE(soon([&] {
    const std::vector<LateToken> tokens = server.backend.tokens();
    return !tokens.empty() && tokens.back() != get && server.backend.complete(tokens.back());
  }));
  expect_reply(*client, "END\r\n2\r\n");
}

// The limit passes while the client does not read.
TEST_P(LateTest, AReplyIsReadAgainWhenItsClientReads) {
  LateServer server(1);
  const auto client = server.connect(GetParam(), Buffers::kSmall);
  const std::string value(150'000, 'v');
  server.store("big", value);
  server.store("late", "1");
  client->send("get big\r\nget late\r\nincr late 1\r\n");
  ASSERT_TRUE(has_open(server, 1));
  const LateToken get = server.backend.tokens().front();
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  std::thread completes([&] {
    EXPECT_TRUE(soon([&] {
      const std::vector<LateToken> tokens = server.backend.tokens();
      return !tokens.empty() && tokens.back() != get && server.backend.complete(tokens.back());
    }));
  });
  expect_reply(*client, "VALUE big 0 150000\r\n" + value + "\r\nEND\r\n");
  expect_reply(*client, "VALUE late 0 1\r\n1\r\nEND\r\n2\r\n");
  completes.join();
}

// More than is read ahead.
TEST_P(LateTest, MuchInputBehindALateReply) {
  constexpr int kMany = 20'000;
  LateServer server;
  const auto client = connect(server);
  std::thread sends([&] { client->send("incr late 1\r\n" + many("mn\r\n", kMany)); });
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  complete_all(server);
  sends.join();
  expect_reply(*client, "NOT_FOUND\r\n" + many("MN\r\n", kMany));
}

TEST_P(LateTest, TheServerStopsWhileItReadsNothing) {
  LateServer server;
  const auto client = connect(server);
  client->send("incr late 1\r\n" + many("mn\r\n", 10'000));
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.stop();
  EXPECT_EQ(server.backend.abandoned(), 1U);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_P(LateTest, AnIdleStreamGoesOnWhenItIsWoken) {
  LateServer server;
  auto client = connect(server);
  server.backend.listens = true;
  client->send("flush_all\r\n");
  ASSERT_TRUE(soon([&] { return server.backend.feed.produced() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(server.backend.feed.produced(), 1);  // it costs nothing
  for (int i = 0; i < 3; ++i) {
    server.backend.feed.happen();
    expect_reply(*client, "event\r\n");
  }
  client.reset();
  EXPECT_TRUE(soon([&] { return !server.backend.feed.is_heard(); }));
}

// --- random pipelines -------------------------------------------------------------------------

// What one client sends, and what it is to get.
class Pipeline {
 public:
  Pipeline(unsigned id, unsigned seed) : id_(id), random_(seed) {}

  void add() {
    const std::string key = random_key();
    const auto item = items_.find(key);
    const bool hit = item != items_.end();
    switch (random_() % 5) {
      case 0: {
        const std::string value(random_() % 3000, static_cast<char>('a' + random_() % 26));
        sent += "set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
        expected += "STORED\r\n";
        items_[key] = value;
        break;
      }
      case 1:
        sent += "delete " + key + "\r\n";
        expected += hit ? "DELETED\r\n" : "NOT_FOUND\r\n";
        items_.erase(key);
        break;
      case 2: {
        sent += "get " + key;
        word_value(key);
        for (std::size_t more = random_() % 4; more > 0; --more) {
          const std::string next = random_key();
          sent += " " + next;
          word_value(next);
        }
        sent += "\r\n";
        expected += "END\r\n";
        break;
      }
      case 3:
        sent += "mg " + key + " v\r\n";
        expected +=
            hit ? "VA " + std::to_string(item->second.size()) + "\r\n" + item->second + "\r\n"
                : "EN\r\n";
        break;
      default:
        sent += "mn\r\n";
        expected += "MN\r\n";
        break;
    }
  }

  std::string sent;
  std::string expected;

 private:
  std::string random_key() {
    return (random_() % 2 == 0 ? "late" : "here") + std::to_string(id_) + "-" +
           std::to_string(random_() % 6);
  }
  void word_value(const std::string& key) {
    const auto item = items_.find(key);
    if (item == items_.end()) return;
    expected += "VALUE " + key + " 0 " + std::to_string(item->second.size()) + "\r\n" +
                item->second + "\r\n";
  }

  unsigned id_;
  std::minstd_rand random_;
  std::map<std::string, std::string> items_;
};

// Completes what is late, in random order, some of it twice.
void complete_at_random(LateServer& server, const std::atomic<bool>& ended) {
  std::minstd_rand random(7);
  while (!ended) {
    std::vector<LateToken> tokens = server.backend.tokens();
    std::shuffle(tokens.begin(), tokens.end(), random);
    for (const LateToken token : tokens) {
      if (random() % 2 == 0) server.backend.complete(token);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

void run_pipelines(LateClient& client, unsigned id) {
  Pipeline pipeline(id, id + 1);
  for (int round = 0; round < 10; ++round) {
    pipeline.sent.clear();
    pipeline.expected.clear();
    for (int i = 0; i < 40; ++i) pipeline.add();
    client.send(pipeline.sent);
    ASSERT_EQ(client.receive(pipeline.expected.size()), pipeline.expected);
  }
}

TEST_P(LateTest, RandomPipelinesOfManyClients) {
  LateServer server;
  std::atomic<bool> ended{false};
  std::thread completer([&] { complete_at_random(server, ended); });
  std::vector<std::thread> clients;
  for (unsigned id = 0; id < 8; ++id) {
    clients.emplace_back([&, id] {
      const auto client = connect(server);
      run_pipelines(*client, id);
      // It leaves with replies that are late.
      const auto leaves = connect(server);
      leaves->send("get late1 late2 late3 late4\r\n");
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(soon([&] { return server.connections() == 0; }));
  ended = true;
  completer.join();
  EXPECT_EQ(server.backend.open(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Transports, LateTest,
                         testing::Values(Transport::kPlain, Transport::kTls, Transport::kWebSocket),
                         name_of);

}  // namespace
}  // namespace isocache
