// A client that sends no more, or is gone, while replies are late or a stream is idle.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "late_fixture.h"
#include "native/connection/connection_core.h"

namespace isocache {
namespace {

class LateEndTest : public LateTest {};

TEST_P(LateEndTest, AClientThatLeavesIsNoticed) {
  LateServer server(kNever_s);
  const auto client = connect(server);
  client->send("get late\r\nmg late2 v\r\n");
  ASSERT_TRUE(has_open(server, 2));
  const std::vector<LateToken> tokens = server.backend.tokens();
  client->reset();
  EXPECT_TRUE(has_open(server, 0));
  for (const LateToken token : tokens) EXPECT_FALSE(server.backend.complete(token));
  server.stop();
  EXPECT_EQ(server.backend.abandoned(), 2U);
}

TEST_P(LateEndTest, AClientThatSendsNoMoreIsAnswered) {
  LateServer server;
  const auto client = connect(server);
  client->send("get late\r\nmn\r\nset b 0 0 1\r\n2\r\nincr late 1\r\nget b\r\nget late2\r\n");
  client->finish_sending();
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  complete_all(server);
  expect_reply(*client, "END\r\nMN\r\nSTORED\r\n");
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "NOT_FOUND\r\nVALUE b 0 1\r\n2\r\nEND\r\n");
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "END\r\n");
  EXPECT_TRUE(client->ends());
}

TEST_P(LateEndTest, AClientThatSendsNoMoreIsAnsweredAfterTheLimit) {
  LateServer server(1);
  const auto client = connect(server);
  client->send("get late\r\nmn\r\n");
  client->finish_sending();
  expect_reply(*client, "END\r\nMN\r\n");
  EXPECT_TRUE(client->ends());
  EXPECT_EQ(server.given_up(), 1U);
  EXPECT_TRUE(soon([&] { return server.connections() == 0; }));
}

TEST_P(LateEndTest, AClientThatLeavesAfterItsEndIsNoticed) {
  LateServer server(kNever_s);
  const auto client = connect(server);
  client->send("get late\r\n");
  client->finish_sending();
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(server.backend.open(), 1U);
  client->reset();
  EXPECT_TRUE(has_open(server, 0));
}

TEST_P(LateEndTest, AnIdleStreamEndsWhenItsClientSendsNoMore) {
  LateServer server;
  const auto client = connect(server);
  server.backend.listens = true;
  client->send("flush_all\r\n");
  ASSERT_TRUE(soon([&] { return server.backend.feed.produced() == 1; }));
  client->finish_sending();
  EXPECT_TRUE(soon([&] { return !server.backend.feed.is_heard(); }));
  EXPECT_TRUE(client->ends());
}

// More than is read ahead.
TEST_P(LateEndTest, AnIdleStreamEndsWithMuchInputBehindIt) {
  for (const bool resets : {false, true}) {
    LateServer server;
    const auto client = connect(server);
    server.backend.listens = true;
    client->send("flush_all\r\n" + many("mn\r\n", 10'000));
    ASSERT_TRUE(soon([&] { return server.backend.feed.is_heard(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(server.backend.feed.is_heard());
    resets ? client->reset() : client->finish_sending();
    EXPECT_TRUE(soon([&] { return !server.backend.feed.is_heard(); })) << resets;
    EXPECT_TRUE(soon([&] { return server.connections() == 0; })) << resets;
  }
}

// --- close frames -----------------------------------------------------------------------------

TEST(LateCloseFrame, ComesBehindTheReplies) {
  LateServer server;
  const auto client = server.connect(Transport::kWebSocket);
  auto& socket = dynamic_cast<WebSocketLateClient&>(*client);
  const std::string value(300'000, 'v');
  server.store("big", value);
  client->send("get late\r\nget big\r\n" + many("mn\r\n", 1000) + "incr late 1\r\nget big\r\n");
  socket.send_close();
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  complete_all(server);
  const std::string big = "VALUE big 0 300000\r\n" + value + "\r\nEND\r\n";
  expect_reply(*client, "END\r\n" + big + many("MN\r\n", 1000));
  ASSERT_TRUE(has_open(server, 1));
  complete_all(server);
  expect_reply(*client, "NOT_FOUND\r\n" + big);
  EXPECT_FALSE(socket.was_closed());
  EXPECT_TRUE(client->ends());
  EXPECT_TRUE(socket.was_closed());
}

TEST(LateCloseFrame, WaitsUntilTheLimit) {
  LateServer server(1);
  const auto client = server.connect(Transport::kWebSocket);
  auto& socket = dynamic_cast<WebSocketLateClient&>(*client);
  client->send("get late\r\nmn\r\n");
  socket.send_close();
  expect_reply(*client, "END\r\nMN\r\n");
  EXPECT_TRUE(client->ends());
  EXPECT_TRUE(socket.was_closed());
}

TEST(LateCloseFrame, DoesNotWaitForAClientThatIsGone) {
  LateServer server(kNever_s);
  const auto client = server.connect(Transport::kWebSocket);
  client->send("get late\r\n");
  dynamic_cast<WebSocketLateClient&>(*client).send_close();
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(server.backend.open(), 1U);
  client->reset();
  EXPECT_TRUE(has_open(server, 0));
}

TEST(LateCloseFrame, DoesNotKeepTheServerFromStopping) {
  LateServer server(kNever_s);
  const auto client = server.connect(Transport::kWebSocket);
  client->send("get late\r\n");
  dynamic_cast<WebSocketLateClient&>(*client).send_close();
  ASSERT_TRUE(has_open(server, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.stop();
  EXPECT_EQ(server.connections(), 0U);
}

TEST(LateCloseFrame, EndsAnIdleStream) {
  LateServer server;
  const auto client = server.connect(Transport::kWebSocket);
  auto& socket = dynamic_cast<WebSocketLateClient&>(*client);
  server.backend.listens = true;
  client->send("flush_all\r\n");
  ASSERT_TRUE(soon([&] { return server.backend.feed.produced() == 1; }));
  socket.send_close();
  EXPECT_TRUE(client->ends());
  EXPECT_TRUE(socket.was_closed());
  client->reset();
  EXPECT_TRUE(soon([&] { return !server.backend.feed.is_heard(); }));
}

// --- notes of a backend -----------------------------------------------------------------------

// A client that does not read may be woken for ever.
TEST(LateNotes, ATokenIsKeptOnce) {
  ShardedBackend shards(Settings{}, 1, hash_key_of(42), false, nullptr);
  FeedBackend backend(shards);
  Inbox inbox([] {});
  const Verbosity verbosity;
  ConnectionHost host{.backend = backend,
                      .inbox = inbox,
                      .verbosity = verbosity,
                      .session_options = {},
                      .clock = {.now_s = 1000}};
  ConnectionInfo info(-1, 1000);
  const ConnectionId id{.serial = 1};
  ConnectionCore core(id, info, host, 0, Protocols::kAny);
  backend.listens = true;
  core.receive("flush_all\r\n");
  core.go_on();
  ASSERT_EQ(backend.feed.produced(), 1);
  for (int i = 0; i < 3; ++i) core.note_woken(kStreamToken);
  core.go_on();
  EXPECT_EQ(backend.feed.produced(), 2);
  EXPECT_FALSE(core.has_woken());
}

INSTANTIATE_TEST_SUITE_P(Transports, LateEndTest,
                         testing::Values(Transport::kPlain, Transport::kTls, Transport::kWebSocket),
                         name_of);

}  // namespace
}  // namespace isocache
