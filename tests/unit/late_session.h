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
#include "unit/core_fixture.h"

namespace isocache {

inline bool has_late_key(const Request& request) { return request.key.bytes.starts_with("late"); }

class LateSession : public testing::Test, public Waker {
 protected:
  LateSession() {
    backend_.suspends = has_late_key;
    connect();
  }
  ~LateSession() override { drain(); }

  void connect(const SessionOptions& options = {}) {
    if (session_) drain();
    session_ = std::make_unique<Session>(backend_, core_.clock, options, this);
  }
  void store(std::string_view key, std::string_view value, std::string_view flags = "") {
    core_.ask("ms " + std::string(key) + " " + std::to_string(value.size()) + " " +
              std::string(flags) + "\r\n" + std::string(value) + "\r\n");
  }
  std::string drain() {
    std::string bytes;
    session_->output().for_each_span([&](std::string_view span) { bytes.append(span); });
    backend_.release(session_->output());
    session_->output().clear();
    return bytes;
  }
  // The output while no late reply is finished.
  std::string ask(std::string_view bytes) {
    session_->feed(bytes);
    return run();
  }
  std::string run() {
    std::string reply = drain();
    while (session_->wants_turn()) {
      session_->resume();
      reply += drain();
    }
    return reply;
  }
  // Completes the nth suspended request, 0 the oldest.
  std::string complete(std::size_t nth = 0) {
    EXPECT_TRUE(backend_.complete(backend_.tokens().at(nth)));
    EXPECT_EQ(woken_.size(), 1U);
    session_->resume(woken_.back());
    woken_.clear();
    return run();
  }

  TestCore core_;
  LateBackend<> backend_{core_.backend};
  std::unique_ptr<Session> session_;
  std::vector<LateToken> woken_;

  void wake(LateToken token) override { woken_.push_back(token); }
};

}  // namespace isocache
