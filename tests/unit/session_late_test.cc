// Replies that come late: in any order, once more, never, and after the session has gone.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/late_session.h"

namespace isocache {
namespace {

TEST_F(LateSession, LaterRequestsGoOnAndRepliesKeepTheirOrder) {
  store("late", "one");
  store("b", "two");
  EXPECT_EQ(ask("get late\r\nget b\r\nmg b v\r\nset c 0 0 1\r\n3\r\n"), "");
  EXPECT_EQ(core_.ask("get c\r\n"), "VALUE c 0 1\r\n3\r\nEND\r\n");  // it has been executed
  EXPECT_EQ(session_->late(), 1U);
  EXPECT_FALSE(session_->wants_turn());
  EXPECT_FALSE(session_->waiting());
  EXPECT_TRUE(session_->takes_input());
  EXPECT_TRUE(session_->in_request());
  EXPECT_EQ(
      complete(),
      "VALUE late 0 3\r\none\r\nEND\r\nVALUE b 0 3\r\ntwo\r\nEND\r\nVA 3\r\ntwo\r\nSTORED\r\n");
  EXPECT_EQ(session_->late(), 0U);
  EXPECT_FALSE(session_->in_request());
}

TEST_F(LateSession, WhatIsBeforeTheFirstHoleIsSentAtOnce) {
  store("late1", "1");
  store("late2", "2");
  EXPECT_EQ(ask("mn\r\nmg late1 v\r\nmn\r\nmg late2 v\r\nmn\r\n"), "MN\r\n");
  EXPECT_EQ(complete(1), "");  // the second one first
  EXPECT_EQ(complete(0), "VA 1\r\n1\r\nMN\r\nVA 1\r\n2\r\nMN\r\n");
}

TEST_F(LateSession, SeveralKeysOfOneGet) {
  for (const char* key : {"a", "late1", "b", "late2", "late3"}) store(key, key);
  EXPECT_EQ(ask("get a late1 b late2 miss late3\r\nmn\r\n"), "VALUE a 0 1\r\na\r\n");
  EXPECT_EQ(complete(2), "");
  EXPECT_EQ(complete(0), "VALUE late1 0 5\r\nlate1\r\nVALUE b 0 1\r\nb\r\n");
  EXPECT_EQ(complete(0), "VALUE late2 0 5\r\nlate2\r\nVALUE late3 0 5\r\nlate3\r\nEND\r\nMN\r\n");
}

TEST_F(LateSession, TheRequestIsKeptWhenTheInputMovesOn) {
  store("bGF0ZQ==", "value", "b F7 T90");  // "late" in base64
  std::string line = "mg bGF0ZQ== b k O123 t f v\r\nmn\r\n";
  session_->feed(line);
  std::fill(line.begin(), line.end(), 'x');
  EXPECT_EQ(complete(), "VA 5 kbGF0ZQ== b O123 t90 f7\r\nvalue\r\nMN\r\n");
}

TEST_F(LateSession, EveryCommandMayBeLate) {
  store("late", "5");
  const std::pair<std::string_view, std::string_view> commands[] = {
      {"get late\r\n", "VALUE late 0 1\r\n5\r\nEND\r\n"},
      {"gat 100 late\r\n", "VALUE late 0 1\r\n5\r\nEND\r\n"},
      {"mg late t s\r\n", "HD t100 s1\r\n"},
      {"touch late 0\r\n", "TOUCHED\r\n"},
      {"incr late 6\r\n", "11\r\n"},
      {"ma late MD v\r\n", "VA 2\r\n10\r\n"},
      {"append late 0 0 2\r\nab\r\n", "STORED\r\n"},
      {"ms late 1 MP\r\n_\r\n", "HD\r\n"},
      {"get late\r\n", "VALUE late 0 5\r\n_10ab\r\nEND\r\n"},
      {"add late 0 0 1\r\nx\r\n", "NOT_STORED\r\n"},
      {"cas late 0 0 1 1\r\nx\r\n", "EXISTS\r\n"},
      {"replace late 0 0 1 noreply\r\ny\r\nmn\r\n", "MN\r\n"},
      {"md late q\r\nmn\r\n", "MN\r\n"},
      {"delete late\r\n", "NOT_FOUND\r\n"},
  };
  for (const auto& [request, reply] : commands) {
    EXPECT_EQ(ask(request), "") << request;
    EXPECT_EQ(complete(), reply) << request;
  }
}

TEST_F(LateSession, ARequestForALateKeyWaits) {
  store("late", "old");
  EXPECT_EQ(ask("get late\r\nmn\r\ndelete late\r\nmn\r\nset b 0 0 1\r\n2\r\n"), "");
  EXPECT_EQ(backend_.open(), 1U);
  EXPECT_FALSE(session_->wants_turn());
  EXPECT_EQ(core_.ask("get b\r\n"), "END\r\n");  // nothing overtakes a request that waits
  EXPECT_EQ(complete(), "VALUE late 0 3\r\nold\r\nEND\r\nMN\r\n");
  EXPECT_EQ(complete(), "DELETED\r\nMN\r\nSTORED\r\n");
}

// Other clients see the order of a connection's writes.
TEST_F(LateSession, NothingOvertakesALateWrite) {
  store("late", "1");
  EXPECT_EQ(ask("incr late 1\r\nset b 0 0 1\r\n2\r\n"), "");
  EXPECT_EQ(core_.ask("get b\r\n"), "END\r\n");
  EXPECT_EQ(complete(), "2\r\nSTORED\r\n");
}

TEST_F(LateSession, AdministrativeCommandsWaitForWhatIsBeforeThem) {
  store("late", "1");
  EXPECT_EQ(ask("get late\r\nflush_all\r\nget late\r\n"), "");
  EXPECT_EQ(complete(), "VALUE late 0 1\r\n1\r\nEND\r\nOK\r\n");
  EXPECT_EQ(complete(), "END\r\n");
}

TEST_F(LateSession, TheEndOfAConnectionWaitsForLateReplies) {
  store("late", "1");
  const std::string endless_line(limits::kMaxCommandLineBytes + 1, 'x');
  for (const std::string& end : {std::string("quit\r\nmn\r\n"), endless_line}) {
    connect();
    EXPECT_EQ(ask("get late\r\n" + end), "");
    EXPECT_FALSE(session_->closing());
    EXPECT_TRUE(complete().starts_with("VALUE late 0 1\r\n1\r\nEND\r\n"));
    EXPECT_TRUE(session_->closing());
  }
}

TEST_F(LateSession, TheLastRequestOfAHostThatEnds) {
  store("late", "1");
  EXPECT_EQ(ask("get late\r\nget late\r\n"), "");
  session_->end_after_request();
  EXPECT_FALSE(session_->closing());
  EXPECT_EQ(complete(), "VALUE late 0 1\r\n1\r\nEND\r\n");
  EXPECT_TRUE(session_->closing());
  EXPECT_EQ(backend_.open(), 0U);
}

TEST_F(LateSession, TheLastRequestIsAGetOfWhichSomeKeysAreLate) {
  store("late", "1");
  store("b", "2");
  ask("get late b");
  session_->end_after_request();
  EXPECT_EQ(ask("\r\nmn\r\n"), "");
  EXPECT_FALSE(session_->closing());
  EXPECT_EQ(complete(), "VALUE late 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n");
  EXPECT_TRUE(session_->closing());
}

TEST_F(LateSession, SuspendedOnceMore) {
  store("late", "1");
  backend_.again = 3;
  EXPECT_EQ(ask("get late\r\nmn\r\n"), "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(complete(), "");
  EXPECT_EQ(complete(), "VALUE late 0 1\r\n1\r\nEND\r\nMN\r\n");
}

TEST_F(LateSession, SuspendedForEverIsAMissAtLast) {
  store("late", "1");
  backend_.again = 1000;
  EXPECT_EQ(ask("mg late v k O9\r\n"), "");
  std::string reply;
  for (int i = 0; i < 100 && reply.empty(); ++i) reply = complete();
  EXPECT_EQ(reply, "EN klate O9\r\n");
  EXPECT_EQ(backend_.given_up(), 1U);
}

TEST_F(LateSession, GivenUpIsAMissAndTheRestGoesOn) {
  for (const char* key : {"late1", "late2", "b"}) store(key, key);
  EXPECT_EQ(ask("get late1 b\r\nmg late2 v q\r\nmn\r\nget b\r\n"), "");
  EXPECT_EQ(complete(1), "");
  session_->give_up_late();
  EXPECT_EQ(run(), "VALUE b 0 1\r\nb\r\nEND\r\nVA 5\r\nlate2\r\nMN\r\nVALUE b 0 1\r\nb\r\nEND\r\n");
  EXPECT_EQ(backend_.given_up(), 1U);
  EXPECT_EQ(session_->late(), 0U);
}

TEST_F(LateSession, EachReplyHasItsOwnTime) {
  store("late2", "2");
  EXPECT_EQ(ask("get late1\r\n"), "");
  core_.clock.now_s += 4;
  EXPECT_EQ(ask("mg late2 v\r\n"), "");
  core_.clock.now_s += 1;
  EXPECT_EQ(session_->give_up_late(5), 1U);
  EXPECT_EQ(run(), "END\r\n");
  EXPECT_EQ(session_->give_up_late(5), 0U);
  EXPECT_EQ(complete(), "VA 1\r\n2\r\n");
}

TEST_F(LateSession, AReplyThatWaitsForItsClientIsNotGivenUp) {
  const std::string value(200, 'v');
  for (const char* key : {"late1", "late2"}) store(key, value);
  SessionOptions options;
  options.output_limits.text_bytes = 100;
  connect(options);
  EXPECT_EQ(ask("mg late1 v\r\nmg late2 v\r\nmg late3 v\r\n"), "");
  const std::vector<LateToken> tokens = backend_.tokens();
  session_->resume(tokens.at(0));  // the output is full
  session_->resume(tokens.at(1));
  EXPECT_EQ(session_->give_up_late(), 1U);
  const std::string hit = "VA 200\r\n" + value + "\r\n";
  EXPECT_EQ(run(), hit + hit + "EN\r\n");
}

TEST_F(LateSession, GivenUpInEveryForm) {
  store("late", "1");
  const std::pair<std::string_view, std::string_view> commands[] = {
      {"get late\r\n", "END\r\n"},
      {"mg late k O1 v\r\n", "EN klate O1\r\n"},
      {"mg late v q\r\nmn\r\n", "MN\r\n"},
      {"touch late 5\r\n", "NOT_FOUND\r\n"},
      {"incr late 5\r\n", "NOT_FOUND\r\n"},
      {"append late 0 0 1\r\nx\r\n", "NOT_STORED\r\n"},
      {"cas late 0 0 1 7\r\nx\r\n", "NOT_FOUND\r\n"},
      {"ms late 1 C7 O2\r\nx\r\n", "NF O2\r\n"},
      {"md late k\r\n", "NF klate\r\n"},
      {"delete late\r\n", "NOT_FOUND\r\n"},
  };
  for (const auto& [request, reply] : commands) {
    EXPECT_EQ(ask(request), "") << request;
    session_->give_up_late();
    EXPECT_EQ(run(), reply) << request;
  }
  EXPECT_EQ(core_.ask("get late\r\n"), "VALUE late 0 1\r\n1\r\nEND\r\n");
}

TEST_F(LateSession, ASessionThatGoesAbandonsItsTokens) {
  store("late1", std::string(100'000, 'v'));
  store("late2", "2");
  EXPECT_EQ(ask("mg late1 v\r\nmg late2 v\r\nmn\r\n"), "");
  EXPECT_EQ(complete(1), "");
  const LateToken token = backend_.tokens().at(0);
  session_ = std::make_unique<Session>(backend_, core_.clock, SessionOptions{}, nullptr);
  EXPECT_EQ(backend_.abandoned(), 1U);
  EXPECT_FALSE(backend_.complete(token));  // too late: nobody is told
  session_->resume(token);                 // and a token of another session does nothing
  EXPECT_EQ(run(), "");
}

TEST_F(LateSession, PinsOfHeldRepliesAreReleasedWithTheSession) {
  store("late", "1");
  store("large", std::string(100'000, 'v'));
  EXPECT_EQ(ask("get late\r\nget large\r\n"), "");
  EXPECT_GT(core_.store.memory_use().pinned_segments, 0U);
  connect();
  EXPECT_EQ(core_.store.memory_use().pinned_segments, 0U);
}

TEST_F(LateSession, LargeValuesJoinTheOutputInOrder) {
  const std::string value(100'000, 'v');
  store("late", value);
  store("large", value);
  EXPECT_EQ(ask("get late\r\nget large\r\nmn\r\n"), "");
  EXPECT_EQ(complete(), "VALUE late 0 100000\r\n" + value + "\r\nEND\r\nVALUE large 0 100000\r\n" +
                            value + "\r\nEND\r\nMN\r\n");
  EXPECT_EQ(core_.store.memory_use().pinned_segments, 0U);
}

TEST_F(LateSession, AnUploadBehindALateReplyWaits) {
  store("late", "1");
  const std::string value(50'000, 'u');
  EXPECT_EQ(ask("get late\r\nset big 0 0 50000\r\n"), "");
  EXPECT_TRUE(session_->upload_window().empty());
  EXPECT_EQ(complete(), "VALUE late 0 1\r\n1\r\nEND\r\n");
  EXPECT_EQ(ask(value + "\r\n"), "STORED\r\n");
}

TEST_F(LateSession, AnUploadThatIsLateItself) {
  store("late", "1");
  const std::string value(50'000, 'u');
  ask("append late 0 0 50000\r\n");
  EXPECT_EQ(ask(value + "\r\nmn\r\n"), "");
  EXPECT_EQ(complete(), "STORED\r\nMN\r\n");
  EXPECT_EQ(core_.ask("mg late s\r\n"), "HD s50001\r\n");
  ask("append late 0 0 50000\r\n");
  EXPECT_EQ(ask(value + "\r\nmn\r\n"), "");
  session_->give_up_late();
  EXPECT_EQ(run(), "NOT_STORED\r\nMN\r\n");
  ask("append late 0 0 50000\r\n");
  EXPECT_EQ(ask(value + "\r\n"), "");
  connect();
  EXPECT_EQ(core_.store.memory_use().upload_bytes, 0U);
  EXPECT_EQ(core_.ask("mg late s\r\n"), "HD s50001\r\n");
}

}  // namespace
}  // namespace isocache
