// Random requests, some of them late, compared with the same requests without delay: the same bytes
// come back, whichever requests are late and in whatever order they complete.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "session/session.h"
#include "support/late_backend.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

class LateClient : public Waker {
 public:
  explicit LateClient(unsigned seed) : random_(seed) {
    backend_.suspends = [this](const Request&) { return below(3) == 0; };
    backend_.again = static_cast<int>(below(3));
    session_ = std::make_unique<Session>(backend_, core_.clock, SessionOptions{}, this);
  }
  ~LateClient() override { drain(); }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  // One to six requests for a few keys.
  std::string requests() {
    std::string bytes;
    for (unsigned n = 1 + below(6); n > 0; --n) bytes += request("k" + std::to_string(below(5)));
    return bytes;
  }

  // Sends them in pieces. Now and then more pieces come before all earlier requests are finished.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t piece = std::min<std::size_t>(bytes.size(), 1 + below(30'000));
      session_->feed(bytes.substr(0, piece));
      bytes.remove_prefix(piece);
      drain();
      while (is_busy() && !(session_->takes_input() && below(4) == 0)) go_on();
    }
  }
  void finish() {
    while (is_busy()) go_on();
  }

  const std::string& reply() const { return reply_; }
  std::size_t open() { return backend_.open(); }
  std::size_t finished() const { return backend_.finished(); }

 private:
  void wake(LateToken token) override { woken_ = token; }

  std::string request(const std::string& key) {
    switch (below(9)) {
      case 0: return "get " + key + " k1 k2 k3\r\n";
      case 1: return "set " + key + " 0 0 1\r\n7\r\n";
      case 2: return "ms " + key + " 20000\r\n" + std::string(20'000, '3') + "\r\n";
      case 3: return "append " + key + " 0 0 2\r\n12\r\n";
      case 4: return "ma " + key + " N0 v\r\n";
      case 5: return "md " + key + " q\r\n";
      case 6: return "mg " + key + " s k v q\r\nmn\r\n";
      case 7: return "bad line " + key + "\r\n";
      default: return "flush_all\r\n";
    }
  }
  bool is_busy() const { return session_->wants_turn() || session_->late() != 0; }
  void go_on() {
    if (session_->wants_turn()) session_->resume();
    const std::vector<LateToken> open = backend_.tokens();
    if (!open.empty()) {
      ASSERT_TRUE(backend_.complete(open[below(static_cast<std::uint32_t>(open.size()))]));
      session_->resume(woken_);
    }
    drain();
  }
  void drain() {
    session_->output().for_each_span([&](std::string_view span) { reply_.append(span); });
    backend_.release(session_->output());
    session_->output().clear();
  }

  std::mt19937 random_;
  TestCore core_;
  LateBackend<> backend_{core_.backend};
  std::unique_ptr<Session> session_;
  std::string reply_;
  LateToken woken_ = kNotLate;
};

TEST(LateSessionRandom, TheSameBytesAsWithoutDelay) {
  std::size_t finished = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    TestCore plain;
    LateClient client(seed);
    std::string expected;
    for (int step = 0; step < 40; ++step) {
      const std::string bytes = client.requests();
      expected += plain.ask(bytes);
      client.send(bytes);
    }
    client.finish();
    ASSERT_EQ(client.reply() == expected, true) << "seed " << seed;
    ASSERT_EQ(client.open(), 0U) << "seed " << seed;
    finished += client.finished();
  }
  EXPECT_GT(finished, 1000U);
}

}  // namespace
}  // namespace isocache
