// Memory that runs out, at every place in turn. The session then ends, as the server ends a
// connection, and nothing may be left of it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "failing_memory.h"
#include "late_fixture.h"
#include "native/shards/sharded_backend.h"
#include "session/session.h"
#include "support/late_backend.h"

namespace isocache {
namespace {

std::string store_command(const std::string& verb, const std::string& key, std::size_t bytes) {
  return verb + " " + key + " 0 0 " + std::to_string(bytes) + "\r\n" + std::string(bytes, 'v') +
         "\r\n";
}

class FailingMemory : public testing::Test, public Waker {
 protected:
  void wake(LateToken /*token*/) override {}

  void take_output() {
    backend_.release(session_->output());
    session_->output().clear();
  }
  void go_on() {
    take_output();
    while (session_->wants_turn()) {
      session_->resume();
      take_output();
    }
  }
  void ask(std::string_view bytes) {
    session_->feed(bytes);
    go_on();
  }
  // Late replies come, the newest first.
  void talk() {
    session_ = std::make_unique<Session>(backend_, clock_, SessionOptions{}, this);
    ask(talk_);
    for (int left = 30; left > 0 && backend_.open() != 0; --left) {
      session_->resume(backend_.tokens().back());
      go_on();
    }
    if (backend_.open() != 0) session_->give_up_late();
    go_on();
  }
  // True if memory was enough.
  bool talk_with(long allocations) {
    allocations_left = allocations;
    bool enough = true;
    try {
      talk();
    } catch (const std::bad_alloc&) {
      enough = false;
    }
    allocations_left = -1;
    if (session_) take_output();
    session_.reset();
    return enough;
  }

  const Clock clock_{.now_s = 1000};
  ShardedBackend shards_{Settings{}, 2, hash_key_of(42), false, nullptr};
  LateBackend<> backend_{shards_};
  std::unique_ptr<Session> session_;
  const std::string talk_ =
      store_command("set", "big", 200'000) + "get late1 big late2\r\nmn\r\nget big\r\n" +
      store_command("append", "big", 20'000) + store_command("append", "big", 100) +
      "get late3\r\nincr late 1\r\nmg big v\r\n" + store_command("set", "lateBig", 20'000) +
      "mg late5 v\r\nmg big v\r\n" + store_command("prepend", "lateBig", 20'000) +
      "mg late6 v\r\n" + store_command("append", "none", 20'000) + "md big\r\nmd lateBig\r\nmn\r\n";
};

TEST_F(FailingMemory, LeavesNothingBehind) {
  backend_.suspends = [](const Request& request) { return request.key.bytes.starts_with("late"); };
  constexpr long kMost = 2000;
  long allocations = 0;
  while (allocations < kMost && !talk_with(allocations)) {
    EXPECT_EQ(backend_.open(), 0U) << allocations;
    const MemoryUse use = shards_.all_figures(clock_.now_s).sum.memory;
    EXPECT_EQ(use.pinned_segments, 0U) << allocations;
    EXPECT_EQ(use.upload_bytes, 0U) << allocations;
    for (unsigned shard = 0; shard < shards_.shard_count(); ++shard) {
      EXPECT_EQ(shards_.broken_invariant(shard), nullptr) << allocations;
    }
    ++allocations;
  }
  EXPECT_GT(allocations, 50);
  EXPECT_LT(allocations, kMost);
}

// --- servers ----------------------------------------------------------------------------------

class FailingServerMemory : public testing::TestWithParam<Transport> {
 protected:
  // An administrative command says when memory of its thread runs out.
  FailingServerMemory() {
    std::signal(SIGPIPE, SIG_IGN);
    server_.backend.before_administer = [this] { allocations_left = next_; };
    completer_ = std::thread([this] {
      while (!ended_) {
        complete_all(server_);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  ~FailingServerMemory() override {
    ended_ = true;
    completer_.join();
  }
  // The connection may end at any place.
  void talk(long next) {
    const auto client = server_.connect(GetParam());
    next_ = next;
    client->send("flush_all\r\n");
    client->receive(4);
    next_ = -1;
    client->send("get late\r\nset b 0 0 1\r\n2\r\nget late2\r\n" +
                 store_command("set", "big", 20'000) + "get big\r\nget late3\r\nflush_all\r\n");
    client->finish_sending();
    while (!client->ends()) continue;
  }

  LateServer server_{1};
  std::atomic<long> next_{-1};
  std::atomic<bool> ended_{false};
  std::thread completer_;
};

TEST_P(FailingServerMemory, EndsOneConnection) {
  constexpr long kMost = 200;
  for (long next = 0; next < kMost; ++next) talk(next);
  EXPECT_GT(server_.malloc_fails(), 10U);
  EXPECT_LT(server_.malloc_fails(), std::uint64_t{kMost});
  const auto client = server_.connect(GetParam());
  client->send("flush_all\r\nmn\r\n");
  EXPECT_EQ(client->receive(8), "OK\r\nMN\r\n");
  client->reset();
  EXPECT_TRUE(soon([&] { return server_.connections() == 0; }));
  EXPECT_EQ(server_.backend.open(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Transports, FailingServerMemory,
                         testing::Values(Transport::kPlain, Transport::kTls, Transport::kWebSocket),
                         name_of);

}  // namespace
}  // namespace isocache
