// What is bounded while replies are late: their number, the output, the input, the memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "unit/late_session.h"

namespace isocache {
namespace {

TEST_F(LateSession, ABoundedNumberIsLateAtOnce) {
  std::string all;
  for (std::size_t i = 0; i < 2 * limits::kMaxLateReplies; ++i) {
    all += "mg late" + std::to_string(i) + " v\r\n";
  }
  EXPECT_EQ(ask(all), "");
  EXPECT_EQ(session_->late(), limits::kMaxLateReplies);
  std::string reply;
  while (session_->late() != 0) reply += complete();
  std::string expected;
  for (std::size_t i = 0; i < 2 * limits::kMaxLateReplies; ++i) expected += "EN\r\n";
  EXPECT_EQ(reply, expected);
}

TEST_F(LateSession, HeldRepliesCountForTheOutputLimits) {
  SessionOptions options;
  options.output_limits.text_bytes = 1000;
  connect(options);
  store("late", "1");
  store("b", std::string(100, 'b'));
  std::string all = "get late\r\n";
  for (int i = 0; i < 100; ++i) all += "get b\r\n";
  EXPECT_EQ(ask(all), "");
  EXPECT_FALSE(session_->wants_turn());  // room comes with the late reply, not with sending
  std::string reply = complete();
  EXPECT_EQ(std::count(reply.begin(), reply.end(), 'b'), 100 * 101);
}

TEST_F(LateSession, InputBehindALateReplyIsReadAheadUpToALimit) {
  store("late", "1");
  EXPECT_EQ(ask("incr late 1\r\n"), "");
  EXPECT_TRUE(session_->takes_input());
  for (std::size_t sent = 0; sent < limits::kInputBytesWhileLate; sent += 4) {
    EXPECT_TRUE(session_->takes_input());
    EXPECT_EQ(ask("mn\r\n"), "");
  }
  EXPECT_FALSE(session_->takes_input());
  EXPECT_EQ(complete().substr(0, 11), "2\r\nMN\r\nMN\r\n");
  EXPECT_EQ(session_->buffered(), 0U);
  EXPECT_TRUE(session_->takes_input());
}

// Nothing is executed once what is held and what is unsent reach the limits together.
TEST_F(LateSession, ABatchBehindALateReplyStopsAtTheLimits) {
  SessionOptions options;
  options.output_limits.text_bytes = 1000;
  connect(options);
  store("b", std::string(100, 'b'));
  std::string all = "get late\r\n";
  for (int i = 0; i < 31; ++i) all += "get b\r\n";
  EXPECT_EQ(ask(all), "");
  EXPECT_GE(session_->buffered(), 20 * std::string_view("get b\r\n").size());
  const std::string reply = complete();
  EXPECT_EQ(std::count(reply.begin(), reply.end(), 'b'), 31 * 101);
}

// A client that reads nothing holds no more because its replies were late.
TEST_F(LateSession, LateRepliesThatComeAllAtOnceStopAtTheLimits) {
  constexpr std::size_t kValueBytes = 50'000;
  constexpr int kValues = 8;
  SessionOptions options;
  options.output_limits.all_bytes = 2 * kValueBytes;
  connect(options);
  std::string all;
  for (int i = 0; i < kValues; ++i) {
    store("late" + std::to_string(i), std::string(kValueBytes, 'v'));
    all += "mg late" + std::to_string(i) + " v\r\n";
  }
  EXPECT_EQ(ask(all), "");
  EXPECT_EQ(session_->late_since_s(), core_.clock.now_s);
  EXPECT_FALSE(session_->late_pins());
  std::vector<LateToken> tokens = backend_.tokens();
  std::reverse(tokens.begin(), tokens.end());
  for (const LateToken token : tokens) session_->resume(token);
  EXPECT_LT(session_->output().size(), 5 * kValueBytes);
  EXPECT_TRUE(session_->wants_turn());                 // more can be had, once that is sent
  EXPECT_FALSE(session_->late_since_s().has_value());  // the client is slow, not the backend
  EXPECT_TRUE(session_->late_pins());
  const std::string reply = run();
  EXPECT_EQ(std::count(reply.begin(), reply.end(), 'v'), kValues * std::ptrdiff_t{kValueBytes});
  EXPECT_EQ(session_->late(), 0U);
}

// What was read for a reply that has no room may keep others from being read, and these may be the
// ones that it waits for.
TEST_F(LateSession, AReplyWithoutRoomLetsGoOfWhatWasReadIfAnEarlierOneWaits) {
  SessionOptions options;
  options.output_limits.all_bytes = 100'000;
  connect(options);
  std::string all;
  for (int i = 0; i < 4; ++i) {
    store("late" + std::to_string(i), std::string(60'000, static_cast<char>('a' + i)));
    all += "mg late" + std::to_string(i) + " v\r\n";
  }
  EXPECT_EQ(ask(all), "");
  std::vector<LateToken> tokens = backend_.tokens();
  std::reverse(tokens.begin(), tokens.end());
  for (const LateToken token : tokens) session_->resume(token);
  EXPECT_EQ(backend_.put_off(), 1U);  // two have room, and when the first one came, none waited
  const std::string reply = run();
  EXPECT_EQ(reply.size(), 4 * (60'000 + std::string("VA 60000\r\n\r\n").size()));
  EXPECT_EQ(session_->late(), 0U);
}

// The client does not read.
TEST_F(LateSession, RepliesArePutOffAndReadAgainInTurn) {
  for (int i = 0; i < 3; ++i) store("late" + std::to_string(i), std::to_string(i));
  backend_.again = 1;
  EXPECT_EQ(ask("get late0\r\nget late1\r\nget late2\r\n"), "");
  core_.clock.now_s += 4;
  session_->put_off_late(5);
  EXPECT_EQ(backend_.put_off(), 0U);
  core_.clock.now_s += 1;
  session_->put_off_late(5);
  session_->put_off_late(5);
  EXPECT_EQ(backend_.put_off(), 3U);
  EXPECT_FALSE(session_->late_since_s().has_value());
  EXPECT_TRUE(session_->wants_turn());
  // Now it does. Each is read again, one after the other, and has its time for it.
  std::string reply = run();
  for (std::size_t left = 3; left > 0; --left) {
    EXPECT_EQ(session_->late_since_s(), core_.clock.now_s);
    reply += complete(left - 1);  // the newest
  }
  EXPECT_EQ(reply,
            "VALUE late0 0 1\r\n0\r\nEND\r\nVALUE late1 0 1\r\n1\r\nEND\r\n"
            "VALUE late2 0 1\r\n2\r\nEND\r\n");
}

// Room comes with sending, and not with the late reply.
TEST_F(LateSession, AFullOutputBeforeALateReplyIsSentAndTheRestGoesOn) {
  SessionOptions options;
  options.output_limits.text_bytes = 1000;
  connect(options);
  store("late1", std::string(1000, 'b'));
  EXPECT_EQ(ask("get late1\r\nget late2\r\n"), "");
  session_->resume(backend_.tokens().at(0));
  session_->feed("set c 0 0 1\r\n3\r\n");
  run();
  EXPECT_EQ(core_.ask("get c\r\n"), "VALUE c 0 1\r\n3\r\nEND\r\n");
  EXPECT_EQ(complete(), "END\r\nSTORED\r\n");
}

// A late reply that needs memory when it could be finished.
class WithoutMemory : public LateBackend<> {
 public:
  using LateBackend::LateBackend;
  bool has_memory = false;
  Executed finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                  Waker* waker) override {
    if (!has_memory) return {};
    return LateBackend::finish(token, request, upload, now_s, out, waker);
  }
};

TEST_F(LateSession, TheLastReplyWaitsForMemory) {
  WithoutMemory backend(core_.backend);
  backend.suspends = has_late_key;
  Session session(backend, core_.clock, {.requests_per_turn = 1}, this);
  session.feed("mg late\r\nmn\r\nmn\r\nmn\r\nmn\r\n");
  session.resume(backend.tokens().at(0));
  EXPECT_TRUE(session.wants_turn());
  session.end_after_request();
  EXPECT_TRUE(session.waiting());
  EXPECT_FALSE(session.closing());
  backend.has_memory = true;
  session.resume();
  EXPECT_TRUE(session.closing());
  EXPECT_EQ(session.output().size(), std::string_view("EN\r\nMN\r\n").size());
}

}  // namespace
}  // namespace isocache
