// A session over a backend that suspends every request for a key that begins with "late".
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command/single_backend.h"
#include "session/session.h"
#include "support/late_backend.h"
#include "support/session_output.h"
#include "unit/core_fixture.h"

namespace isocache {

inline bool has_late_key(const Request& request) { return request.key.bytes.starts_with("late"); }

// A session, and the host that drives it. The fixture has the backend.
class WokenSession : public testing::Test, public Waker {
 protected:
  explicit WokenSession(LateBackend<>& backend) : late_backend_(backend) {}

  // The backend is gone before this is: a fixture calls it in its destructor.
  void disconnect() {
    if (session_) drain();
    session_.reset();
  }
  void connect(const SessionOptions& options = {}) {
    disconnect();
    session_ = std::make_unique<Session>(late_backend_, core_.clock, options, this);
  }
  std::string drain() { return take_output(*session_, late_backend_); }
  // Gives all turns that are wanted.
  std::string run() {
    std::string reply = drain();
    while (session_->wants_turn()) {
      session_->resume();
      reply += drain();
    }
    return reply;
  }
  // The output while no late reply is finished.
  std::string ask(std::string_view bytes) {
    session_->feed(bytes);
    return run();
  }
  // The host was woken once.
  std::string resume() {
    EXPECT_EQ(woken_.size(), 1U);
    if (woken_.empty()) return {};
    session_->resume(woken_.back());
    woken_.clear();
    return run();
  }
  // Completes the nth suspended request, 0 the oldest.
  std::string complete(std::size_t nth = 0) {
    EXPECT_TRUE(late_backend_.complete(late_backend_.tokens().at(nth)));
    return resume();
  }
  void wake(LateToken token) override { woken_.push_back(token); }

  TestCore core_;
  std::unique_ptr<Session> session_;
  std::vector<LateToken> woken_;

 private:
  LateBackend<>& late_backend_;
};

class LateSession : public WokenSession {
 protected:
  LateSession() : WokenSession(backend_) {
    backend_.suspends = has_late_key;
    connect();
  }
  ~LateSession() override { disconnect(); }

  void store(std::string_view key, std::string_view value, std::string_view flags = "") {
    core_.ask("ms " + std::string(key) + " " + std::to_string(value.size()) + " " +
              std::string(flags) + "\r\n" + std::string(value) + "\r\n");
  }

  LateBackend<> backend_{core_.backend};
};

}  // namespace isocache
