// A client that has to log in before anything else: fragments, limits, and replies.
#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/replies.h"
#include "support/binary_frames.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

constexpr std::string_view kLogin = "set any 0 0 7\r\nfoo bar\r\n";
constexpr std::string_view kWrong = "set any 0 0 7\r\nfoo baz\r\n";

class OneUser : public Authenticator {
 public:
  bool check(std::string_view user, std::string_view password) const override {
    asked.push_back(std::string(user) + "/" + std::string(password));
    return user == "foo" && password == "bar";
  }
  mutable std::vector<std::string> asked;
};

class SessionLogin : public testing::Test {
 protected:
  static SessionOptions options(const Authenticator& users) {
    SessionOptions options;
    options.authenticator = &users;
    return options;
  }
  // The reply on a new connection.
  std::string ask(std::string_view bytes) {
    core.connect();
    return core.ask(bytes);
  }
  bool closing() const { return core.session->closing(); }

  OneUser users;
  TestCore core{{}, options(users)};
};

std::string login_value(std::string_view value) {
  return "set k 0 0 " + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

TEST_F(SessionLogin, TheFirstSetLogsInAndIsNotStored) {
  EXPECT_FALSE(core.session->logged_in());
  EXPECT_EQ(core.ask(kLogin), "STORED\r\n");
  EXPECT_TRUE(core.session->logged_in());
  EXPECT_EQ(users.asked, std::vector<std::string>{"foo/bar"});
  EXPECT_EQ(core.ask("get any\r\n"), "END\r\n");
  EXPECT_EQ(core.ask(kWrong), "STORED\r\n");  // an item now
  EXPECT_EQ(core.ask("get any\r\n"), "VALUE any 0 7\r\nfoo baz\r\nEND\r\n");
}

TEST_F(SessionLogin, EverySplitIsTheSame) {
  const std::string input = "get k\r\n" + login_value("foo") + std::string(kWrong) +
                            "set k 0 0 3\r\nfoo bar\r\n\nbogus\n" + std::string(kLogin) +
                            "set k 0 0 1\r\nx\r\nget k\r\n";
  const std::string expected = ask(input);
  EXPECT_EQ(expected, std::string(reply::kUnauthenticated) + std::string(reply::kBadLoginFormat) +
                          std::string(reply::kLoginFailed) + std::string(reply::kBadTermination) +
                          "CLIENT_ERROR unauthenticated\r\n" + "CLIENT_ERROR unauthenticated\r\n" +
                          "CLIENT_ERROR unauthenticated\r\n" +
                          "STORED\r\nSTORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n");
  core.connect();
  std::string replies;
  for (const char byte : input) replies += core.ask(std::string_view(&byte, 1));
  EXPECT_EQ(replies, expected);
  const std::string_view view = input;
  for (std::size_t first = 1; first < view.size(); ++first) {
    for (std::size_t second = first; second < view.size(); ++second) {
      replies = ask(view.substr(0, first));
      replies += core.ask(view.substr(first, second - first));
      replies += core.ask(view.substr(second));
      ASSERT_EQ(replies, expected) << "split at " << first << " and " << second;
    }
  }
}

TEST_F(SessionLogin, NothingElseIsRead) {
  for (const char* line : {"get any",
                           "gets any",
                           "gat 0 any",
                           "mg any v",
                           "ms any 1",
                           "mn",
                           "me any",
                           "md any",
                           "ma any",
                           "add any 0 0 7",
                           "replace any 0 0 7",
                           "append any 0 0 7",
                           "cas any 0 0 7 1",
                           "incr any 1",
                           "touch any 1",
                           "delete any",
                           "flush_all",
                           "version",
                           "verbosity 1",
                           "stats",
                           "stats settings",
                           "shutdown",
                           "quit",
                           "lru_crawler metadump all",
                           "watch",
                           "SET any 0 0 7",
                           "setx any 0 0 7",
                           "set",
                           "set any",
                           "set any 0 0",
                           "set any 0 0 x",
                           "set any 0 0 -1",
                           "set any 0 0 7x",
                           "set any 0 0 4294967303",
                           "set any 0 0 18446744073709551623",
                           "",
                           " ",
                           "GET / HTTP/1.1"}) {
    EXPECT_EQ(ask(std::string(line) + "\r\n"), reply::kUnauthenticated) << line;
    EXPECT_FALSE(closing()) << line;
    EXPECT_EQ(core.ask(kLogin), "STORED\r\n") << line;
  }
}

// --- the binary protocol: SASL PLAIN

using binary::Opcode;
using binary::Status;

std::string sasl(Opcode opcode, std::string message, std::string mechanism = "PLAIN") {
  return frame(opcode, {.key = std::move(mechanism), .value = std::move(message)});
}
const std::string kPlain("\0foo\0bar", 8);
const std::string kWrongPlain("\0foo\0baz", 8);

TEST_F(SessionLogin, SaslPlainLogsIn) {
  const auto listed = binary::parse_replies(core.ask(frame(Opcode::kSaslList)));
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].value, "PLAIN");
  const auto replies = binary::parse_replies(
      core.ask(sasl(Opcode::kSaslAuth, kPlain) + binary::set_frame("k", "v")));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].status, Status::kOk);
  EXPECT_EQ(replies[0].value, "Authenticated");
  EXPECT_EQ(replies[1].status, Status::kOk);
  EXPECT_TRUE(core.session->logged_in());
  EXPECT_EQ(users.asked, std::vector<std::string>{"foo/bar"});
}

TEST_F(SessionLogin, SaslMayTakeTwoSteps) {
  const auto replies =
      binary::parse_replies(core.ask(sasl(Opcode::kSaslStep, kPlain) + sasl(Opcode::kSaslAuth, "") +
                                     sasl(Opcode::kSaslStep, kPlain) + frame(Opcode::kNoop)));
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0].status, Status::kAuthError);
  EXPECT_EQ(replies[1].status, Status::kAuthContinue);
  EXPECT_EQ(replies[2].status, Status::kOk);
  EXPECT_EQ(replies[3].status, Status::kOk);
}

TEST_F(SessionLogin, OtherFramesEndTheConnectionBeforeALogin) {
  for (const std::string& bytes :
       {binary::get_frame("k"), binary::set_frame("k", "v"), frame(Opcode::kNoop),
        frame(Opcode::kStat), frame(Opcode::kFlushQ), frame(Opcode::kQuit)}) {
    const auto replies = binary::parse_replies(ask(bytes));
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_EQ(replies[0].status, Status::kAuthError);
    EXPECT_EQ(replies[0].value, "Auth failure.");
    EXPECT_TRUE(closing());
  }
  EXPECT_EQ(binary::parse_replies(ask(frame(Opcode::kVersion)))[0].status, Status::kOk);
  EXPECT_FALSE(closing());
}

TEST_F(SessionLogin, BadSaslMessagesFailAndAreLimited) {
  core.connect();
  const std::string messages[] = {kWrongPlain,
                                  "foo",
                                  std::string("\0foo", 4),
                                  std::string("\0\0", 2),
                                  std::string("root\0foo\0bar", 12),
                                  std::string("\0foo\0bar\0", 9)};
  for (const std::string& message : messages) {
    EXPECT_EQ(binary::parse_replies(core.ask(sasl(Opcode::kSaslAuth, message)))[0].status,
              Status::kAuthError);
    EXPECT_FALSE(closing());
  }
  EXPECT_EQ(binary::parse_replies(core.ask(sasl(Opcode::kSaslAuth, kPlain, "LOGIN")))[0].status,
            Status::kAuthError);
  EXPECT_EQ(core.session->failed_logins(), std::size(messages) + 1);
  const std::string acts_for_itself("foo\0foo\0bar", 11);
  EXPECT_EQ(binary::parse_replies(core.ask(sasl(Opcode::kSaslAuth, acts_for_itself)))[0].status,
            Status::kOk);
  for (int i = 0; !closing() && i < 100; ++i) core.ask(sasl(Opcode::kSaslAuth, kWrongPlain));
  EXPECT_EQ(core.session->failed_logins(), limits::kMaxFailedLogins);
}

TEST_F(SessionLogin, ASaslMessageMayComeInPiecesAndIsLimited) {
  const std::string login = sasl(Opcode::kSaslAuth, kPlain);
  std::string replies;
  for (const char byte : login) replies += core.ask(std::string_view(&byte, 1));
  EXPECT_EQ(binary::parse_replies(replies)[0].status, Status::kOk);
  EXPECT_EQ(ask(sasl(Opcode::kSaslAuth, std::string(limits::kMaxLoginValueBytes + 1, 'x'))), "");
  EXPECT_TRUE(closing());
}

TEST_F(SessionLogin, WhatElseIsOnTheLineDoesNotMatter) {
  for (const char* line : {"set x abc xyz 7", "set x 0 0 7 noreply", "set x 0 0 7 bogus words",
                           " set  x  0  0  7 ", "set x -1 -1 007", "set x 99999999999 0 7"}) {
    EXPECT_EQ(ask(std::string(line) + "\r\nfoo bar\r\n"), "STORED\r\n") << line;
    EXPECT_EQ(ask(std::string(line) + "\nfoo bar\r\n"), "STORED\r\n") << line;
  }
  EXPECT_EQ(ask("set " + std::string(1000, 'k') + " 0 0 7\r\nfoo bar\r\n"), "STORED\r\n");
}

// The password is everything after the first space.
TEST_F(SessionLogin, UserAndPasswordAreTakenApart) {
  for (const char* value : {"foo bar ", " foo bar", "foo  bar", "foo ", " ", "foo b r", "a:b c"}) {
    EXPECT_EQ(ask(login_value(value)), reply::kLoginFailed) << value;
  }
  EXPECT_EQ(users.asked, (std::vector<std::string>{"foo/bar ", "/foo bar", "foo/ bar", "foo/", "/",
                                                   "foo/b r", "a:b/c"}));
  users.asked.clear();
  for (const char* value : {"", "foo", "foo\tbar"}) {
    EXPECT_EQ(ask(login_value(value)), reply::kBadLoginFormat) << value;
  }
  EXPECT_EQ(ask("set x 0 0 7\r\nfoo bar\n\n"), reply::kBadTermination);
  EXPECT_TRUE(users.asked.empty());
}

TEST_F(SessionLogin, FailuresAreLimited) {
  for (unsigned i = 1; i < limits::kMaxFailedLogins; ++i) {
    EXPECT_EQ(core.ask(i % 2 == 0 ? kWrong : "set x 0 0 3\r\nfoo\r\n"),
              i % 2 == 0 ? reply::kLoginFailed : reply::kBadLoginFormat);
    EXPECT_EQ(core.ask("version\r\n"), reply::kUnauthenticated);  // does not count
  }
  EXPECT_FALSE(closing());
  EXPECT_EQ(core.ask(std::string(kWrong) + std::string(kLogin)), reply::kLoginFailed);
  EXPECT_TRUE(closing());
  EXPECT_FALSE(core.session->logged_in());
}

TEST_F(SessionLogin, ALargeValueIsRefusedBeforeItComes) {
  EXPECT_EQ(ask(login_value("foo " + std::string(limits::kMaxLoginValueBytes - 4, 'p'))),
            reply::kLoginFailed);
  EXPECT_FALSE(closing());
  for (const std::string& length : {std::to_string(limits::kMaxLoginValueBytes + 1),
                                    std::string("2147483647"), std::string("4294967295")}) {
    EXPECT_EQ(ask("set x 0 0 " + length + "\r\n"), reply::kLoginFailed);
    EXPECT_TRUE(closing());
    EXPECT_EQ(core.session->buffered(), 0U);
  }
}

TEST_F(SessionLogin, AnEndlessLineEndsIt) {
  const std::string longest(limits::kMaxCommandLineBytes, 'x');
  core.session->feed("get " + longest.substr(4));
  EXPECT_FALSE(closing());
  EXPECT_EQ(core.ask("\n"), reply::kUnauthenticated);
  for (const char* rest : {"x", "x\n", "\r\n"}) {
    EXPECT_EQ(ask(longest + rest), "") << rest;
    EXPECT_TRUE(closing()) << rest;
    EXPECT_EQ(core.session->buffered(), 0U);
  }
}

TEST_F(SessionLogin, LittleIsKept) {
  const std::string line = "set " + std::string(limits::kMaxCommandLineBytes - 20, 'k') + " 0 0 ";
  core.session->feed(line + std::to_string(limits::kMaxLoginValueBytes) + "\r\n");
  for (std::size_t i = 0; i < limits::kMaxLoginValueBytes; ++i) core.session->feed("x");
  EXPECT_FALSE(closing());
  EXPECT_LE(core.session->buffered(),
            limits::kMaxCommandLineBytes + limits::kMaxLoginValueBytes + 2);
  EXPECT_EQ(core.ask("\r\n"), reply::kBadLoginFormat);
  EXPECT_EQ(core.session->buffered(), 0U);
}

TEST_F(SessionLogin, RefusalsTakeTurnsToo) {
  SessionOptions few = options(users);
  few.requests_per_turn = 10;
  TestCore polite({}, few);
  std::string input;
  for (int i = 0; i < 25; ++i) input += "mn\r\n";
  polite.session->feed(input + std::string(kLogin) + "mn\r\n");
  EXPECT_EQ(polite.drain().size(), 10 * reply::kUnauthenticated.size());
  EXPECT_TRUE(polite.session->wants_turn());
  polite.session->resume();
  EXPECT_EQ(polite.drain().size(), 10 * reply::kUnauthenticated.size());
  polite.session->resume();
  EXPECT_TRUE(polite.drain().ends_with("STORED\r\nMN\r\n"));
  EXPECT_FALSE(polite.session->wants_turn());
}

TEST_F(SessionLogin, TheHostMayLogIn) {
  core.session->feed("set k 0 0 1");
  core.session->log_in();
  EXPECT_TRUE(core.session->logged_in());
  EXPECT_EQ(core.ask("\r\nx\r\nget k\r\n"), "STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n");
  EXPECT_TRUE(users.asked.empty());
  core.connect();
  core.session->feed("set k 0 0 2\r\n");  // its value is awaited
  core.session->log_in();
  EXPECT_EQ(core.ask("yy\r\nget k\r\n"), "STORED\r\nVALUE k 0 2\r\nyy\r\nEND\r\n");
  EXPECT_TRUE(TestCore().session->logged_in());  // nobody has to
}

TEST_F(SessionLogin, ALargeValueMayFollowAtOnce) {
  const std::string value(100000, 'v');
  EXPECT_EQ(ask(std::string(kLogin) + "set k 0 0 100000\r\n" + value + "\r\nmg k s\r\n"),
            "STORED\r\nSTORED\r\nHD s100000\r\n");
}

}  // namespace
}  // namespace isocache
