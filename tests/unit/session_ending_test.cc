// The host ends: which request is the last, and which input is dropped.
#include <gtest/gtest.h>

#include <string>

#include "unit/core_fixture.h"

namespace isocache {
namespace {

struct Somebody : Authenticator {
  bool check(std::string_view user, std::string_view password) const override {
    return user == "ann" && password == "secret";
  }
};

TEST(SessionEnding, OneRequestMoreIfNoneHasBegun) {
  TestCore core;
  core.session->end_after_request();
  EXPECT_FALSE(core.session->closing());
  EXPECT_EQ(core.ask("mn\r\nmn\r\n"), "MN\r\n");
  EXPECT_TRUE(core.session->closing());
  EXPECT_FALSE(core.session->in_request());
}

TEST(SessionEnding, TheRequestThatHasBegunIsTheLast) {
  for (const std::string_view begun : {"mn", "set k 0 0 5\r\nab", "ms k 5\r\nabcde\r"}) {
    TestCore core;
    EXPECT_EQ(core.ask("mg a\r\n" + std::string(begun)), "EN\r\n");
    core.session->end_after_request();
    core.session->end_after_request();  // once is enough
    EXPECT_FALSE(core.session->closing());
    EXPECT_TRUE(core.session->in_request());
    EXPECT_EQ(core.ask(""), "");
    const std::string rest = begun == "mn" ? "\r\n" : begun.ends_with('\r') ? "\n" : "cde\r\n";
    const std::string reply = core.ask(rest + "mn\r\nmn\r\n");
    EXPECT_EQ(reply, begun == "mn" ? "MN\r\n" : begun.ends_with('\r') ? "HD\r\n" : "STORED\r\n");
    EXPECT_TRUE(core.session->closing());
  }
}

TEST(SessionEnding, WholeRequestsThatWaitAreDropped) {
  SessionOptions options;
  options.requests_per_turn = 2;
  TestCore core({}, options);
  core.session->feed("mn\r\nmn\r\nset k 0 0 1\r\nx\r\nset k 0 0 1");
  EXPECT_EQ(core.drain(), "MN\r\nMN\r\n");
  ASSERT_TRUE(core.session->wants_turn());
  core.session->end_after_request();
  EXPECT_TRUE(core.session->closing());
  EXPECT_FALSE(core.session->wants_turn());
  EXPECT_FALSE(core.session->in_request());
  EXPECT_EQ(core.ask("\r\nx\r\n"), "");
  core.connect();
  EXPECT_EQ(core.ask("mg k\r\n"), "EN\r\n");
}

TEST(SessionEnding, ARetrievalIsFinishedWithAllItsKeys) {
  SessionOptions options;
  options.requests_per_turn = 2;
  TestCore core({}, options);
  EXPECT_EQ(core.ask("set a 0 0 1\r\nx\r\n"), "STORED\r\n");
  core.session->feed("get a b a b a\r\nmn\r\n");
  std::string reply = core.drain();
  ASSERT_TRUE(core.session->wants_turn());
  core.session->end_after_request();
  reply += core.ask("");
  EXPECT_EQ(reply, "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n");
  EXPECT_TRUE(core.session->closing());
}

TEST(SessionEnding, ALongReplyIsFinished) {
  TestCore core;
  for (int i = 0; i < 1000; ++i) core.ask("set k" + std::to_string(i) + " 0 0 1\r\nx\r\n");
  core.session->feed("lru_crawler metadump all\r\nmn\r\n");
  std::string reply = core.drain();
  ASSERT_TRUE(core.session->wants_turn());
  core.session->end_after_request();
  while (core.session->wants_turn()) {
    core.session->resume();
    reply += core.drain();
  }
  EXPECT_TRUE(reply.ends_with("\nEND\r\n")) << reply.substr(reply.size() - 40);
  EXPECT_TRUE(core.session->closing());
}

TEST(SessionEnding, AnUploadIsFinished) {
  TestCore core;
  constexpr std::size_t kLength = 200'000;
  core.ask("set k 0 0 " + std::to_string(kLength) + "\r\nabc");
  core.session->end_after_request();
  EXPECT_TRUE(core.session->in_request());
  EXPECT_EQ(core.ask(std::string(kLength - 3, 'v') + "\r\nmn\r\n"), "STORED\r\n");
  EXPECT_TRUE(core.session->closing());
}

TEST(SessionEnding, AValueThatIsIgnoredIsNoRequest) {
  TestCore core;
  EXPECT_EQ(core.ask("set k x 0 100\r\nabc"), "CLIENT_ERROR bad command line format\r\n");
  core.session->end_after_request();
  EXPECT_FALSE(core.session->in_request());  // so the host closes it
}

TEST(SessionEnding, ALoginIsARequest) {
  const Somebody somebody;
  SessionOptions options;
  options.authenticator = &somebody;
  TestCore core({}, options);
  EXPECT_EQ(core.ask("set a 0 0 10\r\nann s"), "");
  core.session->end_after_request();
  EXPECT_EQ(core.ask("ecret\r\nmn\r\n"), "STORED\r\n");
  EXPECT_TRUE(core.session->closing());
}

}  // namespace
}  // namespace isocache
