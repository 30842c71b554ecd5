// Replies that continue when something happens: they are idle until they are woken.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "unit/late_session.h"

namespace isocache {
namespace {

using Next = ReplyStream::Next;

// State that the test shares with a stream, which the session owns.
struct Events {
  std::string lines;  // lines that are not sent yet
  bool ended = false;
  int calls = 0;
  int streams = 0;
  Waker* waker = nullptr;

  void happen(std::string_view line) {
    lines += line;
    waker->wake(kStreamToken);
  }
};

class EventStream : public ReplyStream {
 public:
  explicit EventStream(Events& events) : events_(events) { ++events_.streams; }
  ~EventStream() override { --events_.streams; }
  Next produce(Output& out, const Clock& /*clock*/) override {
    ++events_.calls;
    out.append(std::exchange(events_.lines, {}));
    return events_.ended ? Next::kEnd : Next::kIdle;
  }

 private:
  Events& events_;
};

// Answers `watch` by such a stream.
class WatchBackend : public LateBackend<> {
 public:
  WatchBackend(Backend& inner, Events& events) : LateBackend(inner), events_(events) {}
  AdminResult administer(const Request& request, const Clock& clock, Output& out,
                         Waker* waker) override {
    if (!request.admin.line.starts_with("watch")) {
      return LateBackend::administer(request, clock, out, waker);
    }
    out.append("OK\r\n");
    events_.waker = waker;
    AdminResult result;
    result.stream = std::make_unique<EventStream>(events_);
    return result;
  }

 private:
  Events& events_;
};

class StreamSession : public WokenSession {
 protected:
  StreamSession() : WokenSession(backend_) {
    backend_.suspends = has_late_key;
    connect();
  }
  ~StreamSession() override { disconnect(); }

  Events events_;
  WatchBackend backend_{core_.backend, events_};
};

TEST_F(StreamSession, IdleUntilItIsWoken) {
  EXPECT_EQ(ask("mn\r\nwatch\r\n"), "MN\r\nOK\r\n");
  EXPECT_EQ(events_.calls, 1);
  EXPECT_FALSE(session_->wants_turn());
  EXPECT_FALSE(session_->waiting());
  EXPECT_TRUE(session_->in_request());
  session_->resume();  // a host may call resume() without a reason
  EXPECT_EQ(events_.calls, 1);
  events_.happen("one\r\n");
  EXPECT_EQ(woken_, std::vector<LateToken>{kStreamToken});
  EXPECT_EQ(resume(), "one\r\n");
  EXPECT_EQ(events_.calls, 2);
}

TEST_F(StreamSession, WhatComesBehindItWaitsForItsEnd) {
  EXPECT_EQ(ask("watch\r\nmn\r\n"), "OK\r\n");
  EXPECT_TRUE(session_->takes_input());
  EXPECT_EQ(ask("set a 0 0 1\r\n1\r\n"), "");
  events_.ended = true;
  events_.happen("last\r\n");
  EXPECT_EQ(resume(), "last\r\nMN\r\nSTORED\r\n");
  EXPECT_EQ(events_.streams, 0);
}

TEST_F(StreamSession, BeginsWhenLateRepliesBeforeItHaveCome) {
  EXPECT_EQ(ask("get late\r\nwatch\r\n"), "");
  EXPECT_EQ(events_.streams, 0);
  backend_.complete(backend_.tokens().at(0));
  EXPECT_EQ(resume(), "END\r\nOK\r\n");
  EXPECT_EQ(events_.streams, 1);
}

TEST_F(StreamSession, GoesWithItsSession) {
  ask("watch\r\n");
  EXPECT_EQ(events_.streams, 1);
  session_.reset();
  EXPECT_EQ(events_.streams, 0);
}

TEST_F(StreamSession, AnIdleOneEndsWithItsHost) {
  ask("watch\r\n");
  session_->end_after_request();
  EXPECT_TRUE(session_->closing());
  EXPECT_EQ(events_.streams, 0);
}

TEST_F(StreamSession, InputIsReadAheadUpToALimit) {
  ask("watch\r\n");
  ask(std::string(limits::kInputBytesWhileLate, 'x'));
  EXPECT_FALSE(session_->takes_input());
}

}  // namespace
}  // namespace isocache
