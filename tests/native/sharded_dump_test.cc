// Dumps of a sharded backend with a tier, and what a full output stops. Also runs under TSan.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "native/shards/sharded_backend.h"
#include "protocol/parser.h"
#include "session/session.h"
#include "support/faulty_device.h"
#include "support/session_output.h"
#include "tests/native/sharded_tier_fixture.h"
#include "tests/native/tier_fixture.h"

namespace isocache {
namespace {

std::string key_of(int number) { return "key" + std::to_string(number); }

// A client without a socket, and its thread's loop.
class Dumper : public Waker {
 public:
  explicit Dumper(ShardedBackend& backend)
      : backend_(backend), session_(backend, clock_, {}, this) {
    clock_.now_s = kNow_s;
  }
  ~Dumper() override { take_output(); }

  std::string send(std::string_view bytes) {
    session_.feed(bytes);
    return take_output();
  }
  std::string go_on() {
    if (woken_.exchange(false)) session_.resume(kStreamToken);
    std::string reply = take_output();
    while (session_.wants_turn()) {
      session_.resume();
      reply += take_output();
    }
    return reply;
  }
  template <typename Serve>
  std::string dump(Serve&& serve) {
    std::string all = send("lru_crawler metadump all\r\n");
    while (!all.ends_with("END\r\n")) {
      serve();
      all += go_on();
    }
    return all;
  }
  bool store(int key, std::size_t length) {
    return send("set " + key_of(key) + " 0 0 " + std::to_string(length) + "\r\n" +
                std::string(length, 'v') + "\r\n") == "STORED\r\n";
  }
  void wake(LateToken token) override {
    EXPECT_EQ(token, kStreamToken);
    woken_ = true;
  }

 private:
  std::string take_output() { return isocache::take_output(session_, backend_); }

  ShardedBackend& backend_;
  Clock clock_;
  std::atomic<bool> woken_ = false;
  Session session_;
};

std::map<std::string, int> keys_of(const std::string& dump) {
  std::map<std::string, int> keys;
  for (std::size_t at = 0; (at = dump.find("key=", at)) != std::string::npos;) {
    at += 4;
    ++keys[dump.substr(at, dump.find(' ', at) - at)];
  }
  return keys;
}

void serve(TierIo& io) {
  io.submit();
  pollfd event = {.fd = io.event_fd(), .events = POLLIN, .revents = 0};
  if (::poll(&event, 1, 1) == 1) io.reap();
}

class ShardedDump : public TierEngines {};
INSTANTIATE_TEST_SUITE_P(, ShardedDump, testing::Values(IoEngine::kRing, IoEngine::kPool),
                         engine_name);

TEST_P(ShardedDump, ListsEachKeyOfEachShardOnce) {
  const auto device = device_of({256 * kMegabyte});
  const ShardTier tier = tier_on(*device, 2);
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr, &tier);
  ASSERT_EQ(backend.shard_count(), 2U);
  const auto io = device->open_thread({});
  constexpr int kKeys = 50'000;
  {
    Dumper client(backend);
    for (int key = 0; key < kKeys; ++key) {
      ASSERT_TRUE(client.store(key, 2000));
      while (io->pending() != 0) serve(*io);
      if (key % 20 == 0) backend.tick(static_cast<unsigned>(key / 20 % 2), kNow_s);
    }
    const auto keys = keys_of(client.dump([&] { serve(*io); }));
    EXPECT_GT(keys.size(), kKeys * 98U / 100);
    for (const auto& [key, count] : keys) ASSERT_EQ(count, 1) << key;
    EXPECT_EQ(keys_of(client.dump([&] { serve(*io); })), keys);
    client.send("lru_crawler metadump all\r\n");
    while (io->pending() == 0) client.go_on();
  }  // it goes while a page is read
  EXPECT_FALSE(backend.tier_is_idle());
  EXPECT_TRUE(io->stop(kPatience));
  EXPECT_TRUE(backend.tier_is_idle());
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

// One thread writes while another one dumps.
TEST_P(ShardedDump, WhileAnotherThreadWrites) {
  const auto device = device_of({64 * kMegabyte});
  const ShardTier tier = tier_on(*device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  std::atomic<bool> ends = false;
  std::thread writer([&] {
    const auto io = device->open_thread({});
    {
      Dumper client(backend);
      for (int key = 0; !ends; ++key) {
        client.store(key % 30'000, 2000);
        serve(*io);
        backend.tick(0, kNow_s);
      }
    }
    EXPECT_TRUE(io->stop(kPatience));
  });
  const auto io = device->open_thread({});
  {
    Dumper client(backend);
    for (int n = 0; n < 10; ++n) {
      for (const auto& [key, count] : keys_of(client.dump([&] { serve(*io); }))) {
        ASSERT_TRUE(key.starts_with("key")) << key;
      }
    }
  }
  ends = true;
  writer.join();
  EXPECT_TRUE(io->stop(kPatience));
  EXPECT_TRUE(backend.tier_is_idle());
  EXPECT_EQ(backend.broken_invariant(0), nullptr);
}

// That the last request was suspended does not matter to the next one.
TEST(ShardedFullOutput, ExecutesNothing) {
  FaultyDevice device(64 * kMegabyte);
  const ShardTier tier = tier_on(device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  Dumper client(backend);
  for (int key = 0; key < 2000; ++key) ASSERT_TRUE(client.store(key, 4000));
  device.set_delayed(true);
  Request cold;
  Request hot;
  KeyBuffer cold_key;
  KeyBuffer hot_key;
  make_request("mg", "key0", "v", "", cold_key, cold);
  make_request("mg", "key1999", "v", "", hot_key, hot);
  cold.key.hash = backend.hash(cold.key.bytes);
  hot.key.hash = backend.hash(hot.key.bytes);
  Output out;
  const Executed suspended = backend.execute({&cold, 1}, kNow_s, out, &client);
  ASSERT_NE(suspended.late, kNotLate);
  Output full({1, 1, 1});
  full.append("x");
  const Executed none = backend.execute({&hot, 1}, kNow_s, full, &client);
  EXPECT_EQ(none.done, 0U);
  EXPECT_EQ(none.late, kNotLate);
  EXPECT_EQ(full.size(), 1U);
  EXPECT_EQ(backend.figures().tier.counters.fetches, 0U);
  backend.abandon(suspended.late, cold, nullptr);
  device.complete_all();
}

}  // namespace
}  // namespace isocache
