// The state of one connection: fragments, turns, limits, large values. tests/conformance tests the
// replies of commands.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "unit/core_fixture.h"

namespace isocache {
namespace {

constexpr std::size_t kLarge = 200000;

std::string set_line(std::size_t length) { return "set k 0 0 " + std::to_string(length) + "\r\n"; }

TEST(Session, ByteByByteIsTheSameAsAtOnce) {
  const std::string input =
      "set a 1 0 3\r\nabc\r\nget a b a\r\nms k 20000 c\r\n" + std::string(20000, 'v') +
      "\r\nset x abc 0 4\r\nmn\r\n\r\nmn\r\nget a a a a\nbogus\r\n\r\nmg k s k O9\r\n";
  TestCore at_once;
  const std::string expected = at_once.ask(input);
  EXPECT_NE(expected.find("HD s20000 kk O9"), std::string::npos);
  TestCore core;
  std::string replies;
  for (const char byte : input) replies += core.ask(std::string_view(&byte, 1));
  EXPECT_EQ(replies, expected);
  EXPECT_EQ(core.session->buffered(), 0U);
}

TEST(Session, ATurnIsBoundedAndTheRestIsKept) {
  SessionOptions options;
  options.requests_per_turn = 10;
  TestCore core({}, options);
  std::string input;
  for (int i = 0; i < 25; ++i) input += "mn\r\n";
  core.session->feed(input);
  EXPECT_EQ(core.drain().size(), 10 * 4U);
  EXPECT_TRUE(core.session->wants_turn());
  EXPECT_EQ(core.session->buffered(), 15 * 4U);
  core.session->feed("mn\r\n");  // behind the others
  EXPECT_EQ(core.drain().size(), 10 * 4U);
  core.session->resume();
  EXPECT_EQ(core.drain().size(), 6 * 4U);
  EXPECT_FALSE(core.session->wants_turn());
}

// One administrative command may take as long as a thousand requests: `stats`, refresh_certs.
TEST(Session, AnAdministrativeCommandEndsTheTurn) {
  TestCore core;
  core.session->feed("mn\r\nverbosity 0\r\nverbosity 0\r\nmn\r\n");
  EXPECT_EQ(core.drain(), "MN\r\nOK\r\n");
  ASSERT_TRUE(core.session->wants_turn());
  core.session->resume();
  EXPECT_EQ(core.drain(), "OK\r\n");
  ASSERT_TRUE(core.session->wants_turn());
  core.session->resume();
  EXPECT_EQ(core.drain(), "MN\r\n");
  EXPECT_FALSE(core.session->wants_turn());
}

TEST(Session, AMultigetMayTakeSeveralTurns) {
  SessionOptions options;
  options.requests_per_turn = 7;
  TestCore core({}, options);
  core.ask("set a 5 0 1\r\nx\r\nset b 0 0 1\r\ny\r\n");
  std::string line = "gets";
  std::string expected;
  for (int i = 0; i < 100; ++i) line += i % 3 == 0 ? " a" : i % 3 == 1 ? " b" : " none";
  const std::string replies = core.ask(line + "\r\nmn\r\n");
  std::size_t values = 0;
  for (std::size_t at = 0; (at = replies.find("VALUE ", at)) != std::string::npos; ++at) ++values;
  EXPECT_EQ(values, 67U);
  EXPECT_EQ(replies.substr(replies.size() - 9), "END\r\nMN\r\n");
}

TEST(Session, AFullOutputStopsExecution) {
  SessionOptions options;
  options.output_limits = {100000, 200000};
  TestCore core({}, options);
  core.ask(set_line(50000) + std::string(50000, 'v') + "\r\n");
  std::string input;
  for (int i = 0; i < 1000; ++i) input += "get k\r\n";
  core.session->feed(input);
  EXPECT_TRUE(core.session->wants_turn());
  EXPECT_LT(core.session->output().size(), 200000 + 50100);
  const std::size_t waiting = core.session->output().size();
  core.session->resume();  // no room: nothing happens
  EXPECT_EQ(core.session->output().size(), waiting);
  core.drain();
  while (core.session->wants_turn()) {
    core.session->resume();
    core.drain();
  }
  EXPECT_EQ(core.ask("mn\r\n"), "MN\r\n");
}

TEST(Session, LargeValuesGoStraightIntoItemMemory) {
  TestCore core;
  const std::string value = std::string(kLarge - 5, 'v') + "12345";
  core.session->feed(set_line(kLarge) + value.substr(0, 1000));
  EXPECT_EQ(core.session->buffered(), 0U);
  std::size_t at = 1000;
  while (true) {
    const std::span<char> window = core.session->upload_window();
    if (window.empty()) break;
    const std::size_t bytes = std::min<std::size_t>(window.size(), 777);
    std::memcpy(window.data(), value.data() + at, bytes);
    core.session->upload_received(bytes);
    at += bytes;
  }
  EXPECT_EQ(at, kLarge);
  EXPECT_EQ(core.drain(), "");  // the line end is still to come
  EXPECT_EQ(core.ask("\r\nget k\r\n"),
            "STORED\r\nVALUE k 0 " + std::to_string(kLarge) + "\r\n" + value + "\r\nEND\r\n");
  core.store.check_invariants();
}

TEST(Session, ALargeValueWithABadEndIsDropped) {
  TestCore core;
  core.ask("set k 0 0 3\r\nold\r\n");
  const std::string value(kLarge, 'v');
  core.session->feed(set_line(kLarge));
  EXPECT_EQ(core.ask(value + "xx"), "CLIENT_ERROR bad data chunk\r\n");
  EXPECT_EQ(core.ask("mn\r\n"), "MN\r\n");
  EXPECT_EQ(core.ask("get k\r\n"), "VALUE k 0 3\r\nold\r\nEND\r\n");
  core.store.check_invariants();
}

TEST(Session, LargeValuesInEveryStorageCommand) {
  TestCore core;
  const std::string value(kLarge, 'v');
  const auto send_slowly = [&](const std::string& line) {
    std::string reply = core.ask(line);
    for (std::size_t at = 0; at < value.size(); at += 50000)
      reply += core.ask(value.substr(at, 50000));
    return reply + core.ask("\r\n");
  };
  EXPECT_EQ(send_slowly("replace k 0 0 200000\r\n"), "NOT_STORED\r\n");
  EXPECT_EQ(send_slowly("append k 0 0 200000\r\n"), "NOT_STORED\r\n");
  EXPECT_EQ(send_slowly("cas k 0 0 200000 5\r\n"), "NOT_FOUND\r\n");
  EXPECT_EQ(send_slowly("add k 7 0 200000\r\n"), "STORED\r\n");
  EXPECT_EQ(send_slowly("add k 8 0 200000\r\n"), "NOT_STORED\r\n");
  EXPECT_EQ(send_slowly("append k 0 0 200000\r\n"), "STORED\r\n");
  EXPECT_EQ(send_slowly("ms k 200000 MP s\r\n"), "HD s600000\r\n");
  EXPECT_EQ(core.ask("mg k s f\r\n"), "HD s600000 f7\r\n");
  EXPECT_EQ(send_slowly("set k 0 0 200000 noreply\r\n"), "");
  EXPECT_EQ(core.ask("mg k s f\r\n"), "HD s200000 f0\r\n");
  core.store.check_invariants();
}

TEST(Session, ATooLargeValueIsRefusedAndNotBuffered) {
  TestCore core;
  core.ask("set k 0 0 3\r\nold\r\n");
  EXPECT_EQ(core.ask(set_line(5000000)), "SERVER_ERROR object too large for cache\r\n");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(core.ask(std::string(100000, 'x')), "");
    EXPECT_EQ(core.session->buffered(), 0U);
  }
  EXPECT_EQ(core.ask("\r\nget k\r\n"), "END\r\n");
}

// Unfinished uploads cannot empty the cache. If one is refused, the item that it was meant to
// replace is gone.
TEST(Session, UploadsBeyondTheStoresShareAreRefused) {
  StoreOptions options;
  options.memory_limit = 4U << 20U;
  TestCore core({}, {}, options);
  std::vector<std::unique_ptr<Session>> idle;
  bool refused = false;
  for (int i = 0; i < 64 && !refused; ++i) {
    idle.push_back(std::make_unique<Session>(core.backend, core.clock, SessionOptions()));
    const std::string key = "k" + std::to_string(i);
    core.ask("set " + key + " 0 0 3\r\nold\r\n");
    idle.back()->feed("set " + key + " 0 0 100000\r\n" + std::string(99999, 'v'));
    if (idle.back()->output().empty()) continue;
    refused = true;
    std::string reply;
    idle.back()->output().for_each_span([&](std::string_view span) { reply.append(span); });
    EXPECT_EQ(reply, "SERVER_ERROR out of memory storing object\r\n");
    EXPECT_EQ(core.ask("get " + key + "\r\n"), "END\r\n");
  }
  EXPECT_TRUE(refused);
  idle.clear();  // aborts them all
  core.store.check_invariants();
  const std::string value(kLarge, 'v');
  core.session->feed(set_line(kLarge));
  EXPECT_EQ(core.ask(value + "\r\n"), "STORED\r\n");
}

TEST(Session, NothingFollowsALongAnswerBeforeItsEnd) {
  SessionOptions options;
  options.requests_per_turn = 16;  // one slice a turn
  TestCore core({}, options);
  for (int i = 0; i < 1000; ++i) core.ask("set key" + std::to_string(i) + " 0 0 1\r\nx\r\n");
  core.session->feed("lru_crawler metadump all\r\nmn\r\n");
  EXPECT_TRUE(core.session->wants_turn());
  std::string reply = core.drain();
  EXPECT_LT(reply.size(), 10000U);
  core.session->feed("mn\r\n");
  reply += core.drain();
  while (core.session->wants_turn()) {
    core.session->resume();
    reply += core.drain();
  }
  EXPECT_EQ(reply.substr(reply.size() - 13), "END\r\nMN\r\nMN\r\n");
}

TEST(Session, QuitEndsItAndWhatFollowsIsIgnored) {
  TestCore core;
  EXPECT_EQ(core.ask("mn\r\nquit\r\nset a 0 0 1\r\nx\r\n"), "MN\r\n");
  EXPECT_TRUE(core.session->closing());
  EXPECT_FALSE(core.session->wants_turn());
  core.connect();
  EXPECT_EQ(core.ask("get a\r\n"), "END\r\n");
}

TEST(Session, AnEndlessLineEndsIt) {
  TestCore core;
  core.session->feed("mg " + std::string(2045, 'k'));
  EXPECT_FALSE(core.session->closing());
  core.session->feed("k");
  EXPECT_TRUE(core.session->closing());
}

// The limit holds for the line, not for the bytes that come before its end is found.
TEST(Session, ALongLineEndsItHoweverItIsCut) {
  const std::string line = "mg " + std::string(2045, 'k') + "k\r\n";
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2000}, line.size() - 2, line.size()}) {
    TestCore core;
    core.session->feed(line.substr(0, cut));
    core.session->feed(line.substr(cut));
    EXPECT_TRUE(core.session->closing()) << cut;
    EXPECT_EQ(core.drain(), "") << cut;
  }
  TestCore core;
  EXPECT_EQ(core.ask("mg " + std::string(2044, 'k') + "\r\nmn\r\n"),
            "CLIENT_ERROR bad command line format\r\nMN\r\n");
}

// As in memcached, there is no limit here; but the line is never kept as a whole.
TEST(Session, AMultigetMayHaveAnyNumberOfKeys) {
  TestCore core;
  core.ask("set a 5 0 1\r\nx\r\nset b 0 0 1\r\ny\r\n");
  constexpr int kRounds = 100'000;
  std::string line = "get";
  std::string expected;
  for (int i = 0; i < kRounds; ++i) {
    line += " a  none" + std::to_string(i) + (i % 10 == 0 ? " b" : "");
    expected += "VALUE a 5 1\r\nx\r\n";
    if (i % 10 == 0) expected += "VALUE b 0 1\r\ny\r\n";
  }
  line += "\r\nmn\r\n";
  expected += "END\r\nMN\r\n";
  for (const std::size_t piece : {std::size_t{977}, std::size_t{32768}, line.size()}) {
    std::string replies;
    std::size_t most = 0;
    for (std::size_t at = 0; at < line.size(); at += piece) {
      replies += core.ask(line.substr(at, piece));
      most = std::max(most, core.session->buffered());
    }
    EXPECT_TRUE(replies == expected) << piece;
    EXPECT_LE(most, limits::kMaxWholeRetrievalBytes + piece);
  }
}

TEST(Session, ALongMultigetEndsAtABadKey) {
  TestCore core;
  core.ask("set a 5 0 1\r\nx\r\n");
  const std::string many = "gets" + std::string(20'000, ' ');
  const std::string error = "CLIENT_ERROR bad command line format\r\n";
  EXPECT_EQ(core.ask(many + "a " + std::string(251, 'k') + " a\r\nget a\r\n").substr(0, 13),
            "VALUE a 5 1 2");
  const std::string bad_key = error + "\r\n";  // memcached's, with an empty line
  EXPECT_EQ(core.ask(many + std::string(251, 'k') + " a\r\nmn\r\n"), bad_key + "MN\r\n");
  EXPECT_EQ(core.ask(many + std::string(40'000, 'k') + "\r\nmn\r\n"), bad_key + "MN\r\n");
  EXPECT_EQ(core.ask(many + "\r\nmn\r\n"), error + "MN\r\n");
  EXPECT_EQ(core.ask(many + std::string(250, 'k') + "\r\nmn\r\n"), "END\r\nMN\r\n");
}

TEST(Session, TheBinaryProtocolsFirstByteIsTextLater) {
  TestCore core;
  core.session->feed("");
  EXPECT_EQ(core.ask("m"), "");
  EXPECT_EQ(core.ask("\x80\r\nmn\r\n"), "ERROR\r\nMN\r\n");
  EXPECT_EQ(core.ask("\x80\r\nmn\r\n"), "CLIENT_ERROR bad command line format\r\nMN\r\n");
  EXPECT_FALSE(core.session->speaks_binary());
}

TEST(Session, ShutdownIsTheHostsToDo) {
  Settings settings;
  settings.shutdown_enabled = true;
  TestCore core(settings);
  core.ask("shutdown graceful\r\n");
  EXPECT_EQ(core.session->requested(), AdminResult::Next::kShutdownGraceful);
  EXPECT_TRUE(core.session->closing());
}

}  // namespace
}  // namespace isocache
