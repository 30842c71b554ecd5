// The sharded backend with a tier: each shard's operations end under its lock, whichever thread
// they end on. Also runs under TSan.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native/base/errors.h"
#include "native/shards/sharded_backend.h"
#include "session/session.h"
#include "support/faulty_device.h"
#include "support/session_output.h"
#include "tests/native/sharded_tier_fixture.h"
#include "tests/native/tier_fixture.h"

namespace isocache {
namespace {

constexpr std::uint64_t kTerabyte = std::uint64_t{1} << 40;

// A value that names its key, so that any byte of another key's value would show.
std::string value_of(const std::string& key, std::size_t length) {
  std::string value;
  while (value.size() < length) value += key + ".";
  value.resize(length);
  return value;
}
std::string set_command(const std::string& key, std::size_t length) {
  return "set " + key + " 0 0 " + std::to_string(length) + "\r\n" + value_of(key, length) + "\r\n";
}
std::string hit(const std::string& key, std::size_t length) {
  return "VALUE " + key + " 0 " + std::to_string(length) + "\r\n" + value_of(key, length) +
         "\r\nEND\r\n";
}

// A client without a socket. Its tokens may be woken by any thread.
class Client : public Waker {
 public:
  explicit Client(ShardedBackend& backend)
      : backend_(backend), session_(backend, clock_, {}, this) {
    clock_.now_s = kNow_s;
  }
  ~Client() override { take_output(); }

  // The whole reply. `wait()` lets operations of the device end.
  template <typename Wait>
  std::string ask(std::string_view bytes, Wait&& wait) {
    std::string reply = begin(bytes);
    while (session_.wants_turn() || session_.late() != 0) {
      reply += go_on();
      if (session_.late() != 0) wait();
    }
    return reply;
  }
  std::string begin(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto window = session_.upload_window();
      if (window.empty()) {
        session_.feed(bytes);
        break;
      }
      const std::size_t filled = std::min(window.size(), bytes.size());
      std::copy_n(bytes.data(), filled, window.data());
      session_.upload_received(filled);
      bytes.remove_prefix(filled);
    }
    return take_output();
  }
  std::string go_on() {
    for (const LateToken token : take_woken()) session_.resume(token);
    std::string reply = take_output();
    while (session_.wants_turn()) {
      session_.resume();
      reply += take_output();
    }
    return reply;
  }
  std::string give_up() {
    session_.give_up_late();
    return take_output();
  }
  std::size_t late() const { return session_.late(); }

  void wake(LateToken token) override {
    const std::lock_guard lock(mutex_);
    woken_.push_back(token);
  }

 private:
  std::vector<LateToken> take_woken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(woken_, {});
  }
  std::string take_output() { return isocache::take_output(session_, backend_); }

  ShardedBackend& backend_;
  Clock clock_;
  std::mutex mutex_;
  std::vector<LateToken> woken_;
  Session session_;
};

// One round of a serving thread's loop, without its sockets.
void serve(TierIo& io) {
  io.submit();
  pollfd event = {.fd = io.event_fd(), .events = POLLIN, .revents = 0};
  constexpr int kLimit_ms = 1;  // another thread may have begun the read that is waited for
  if (::poll(&event, 1, kLimit_ms) == 1) io.reap();
}

std::string key_of(int number) { return "key" + std::to_string(number); }

// --- over files ---------------------------------------------------------------------------------

class ShardedTier : public TierEngines {};
INSTANTIATE_TEST_SUITE_P(, ShardedTier, testing::Values(IoEngine::kRing, IoEngine::kPool),
                         engine_name);

TEST_P(ShardedTier, HoldsMoreThanMemoryAndAnswersInOrder) {
  const auto device = device_of({256 * kMegabyte});
  const ShardTier tier = tier_on(*device, 2);
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr, &tier);
  ASSERT_EQ(backend.shard_count(), 2U);
  {
    const auto io = device->open_thread({});
    Client client(backend);
    const auto wait = [&] { serve(*io); };
    constexpr int kKeys = 30'000;
    constexpr std::size_t kLength = 4000;
    for (int key = 0; key < kKeys; ++key) {
      ASSERT_EQ(client.ask(set_command(key_of(key), kLength), wait), "STORED\r\n");
      if (key % 20 != 0) continue;
      backend.tick(0, kNow_s);
      backend.tick(1, kNow_s);
      while (io->pending() != 0) serve(*io);
    }
    int misses = 0;
    for (int key = 0; key < kKeys; key += 8) {
      std::string gets, values;
      for (int n = 0; n < 8; ++n) gets += "get " + key_of(key + n) + "\r\n";
      std::string_view reply;
      const std::string all = client.ask(gets, wait);
      reply = all;
      for (int n = 0; n < 8; ++n) {
        const std::string value = hit(key_of(key + n), kLength);
        const bool found = reply.starts_with(value);
        misses += !found;
        ASSERT_TRUE(found || reply.starts_with("END\r\n")) << key << ": " << reply.substr(0, 50);
        reply.remove_prefix(found ? value.size() : 5);
      }
      ASSERT_TRUE(reply.empty());
    }
    EXPECT_LT(misses, kKeys / 100);
    EXPECT_TRUE(io->stop(kPatience));
  }
  for (unsigned shard = 0; shard < 2; ++shard) EXPECT_EQ(backend.broken_invariant(shard), nullptr);
  EXPECT_TRUE(backend.tier_is_idle());
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

// Two threads on one shard: each writes its own keys and reads all.
TEST_P(ShardedTier, TwoThreadsShareReads) {
  const auto device = device_of({64 * kMegabyte});
  const ShardTier tier = tier_on(*device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  constexpr int kKeys = 2000;
  constexpr std::size_t kLength = 5000;
  std::atomic<unsigned> cold = 0;
  std::atomic<unsigned> wrong = 0;
  std::atomic<unsigned> working = 2;
  const auto work = [&](unsigned thread) {
    const auto io = device->open_thread({});
    std::mt19937 random(thread);
    {
      Client client(backend);
      for (int turn = 0; turn < 6000; ++turn) {
        const int number = static_cast<int>(random() % kKeys);
        const std::string key = key_of(number);
        const auto wait = [&] {
          ++cold;
          serve(*io);
        };
        if (number % 2 == static_cast<int>(thread) && random() % 3 == 0) {
          wrong += client.ask(set_command(key, kLength), wait) != "STORED\r\n";
        } else {
          const std::string reply = client.ask("get " + key + "\r\n", wait);
          wrong += reply != "END\r\n" && reply != hit(key, kLength);
        }
        if (turn % 16 == 0) serve(*io);
        if (turn % 64 == 0) backend.tick(0, kNow_s);
      }
      --working;
      // The other one may wait for a read of this one.
      while (working != 0) serve(*io);
    }
    EXPECT_TRUE(io->stop(kPatience));
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(cold, 20U);  // a slow disk takes few items
  EXPECT_EQ(backend.broken_invariant(0), nullptr);
  EXPECT_TRUE(backend.tier_is_idle());
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

// --- over a device in memory --------------------------------------------------------------------

constexpr int kManyKeys = 4000;
constexpr std::size_t kLength = 2000;

// Twice the memory of the one shard.
void fill(Client& client) {
  for (int key = 0; key < kManyKeys; ++key) {
    ASSERT_EQ(client.begin(set_command(key_of(key), kLength)), "STORED\r\n");
  }
}

TEST(ShardedTierInMemory, APipelineKeepsItsOrderHoweverReadsEnd) {
  FaultyDevice device(64 * kMegabyte);
  const ShardTier tier = tier_on(device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  Client client(backend);
  fill(client);
  device.set_delayed(true);
  std::mt19937 random(1);
  std::string gets, replies, appends, stored;
  std::size_t most_late = 0;
  for (int key = 0; key < 64; ++key) {
    const std::string name = key_of(key * 7);
    gets += "get " + name + "\r\n";
    replies += hit(name, kLength);
    appends += "append " + name + " 0 0 1\r\nx\r\nmn\r\n";
    stored += "STORED\r\nMN\r\n";
  }
  gets += appends;
  replies += stored;
  const std::string reply = client.ask(gets, [&] {
    most_late = std::max(most_late, client.late());
    if (device.pending() != 0) device.complete(random() % device.pending());
  });
  EXPECT_EQ(reply, replies);
  EXPECT_GT(most_late, 8U);
  device.complete_all();
}

TEST(ShardedTierInMemory, AnUploadWaitsForTheItemThatItReplaces) {
  FaultyDevice device(64 * kMegabyte);
  const ShardTier tier = tier_on(device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  Client client(backend);
  fill(client);
  device.set_delayed(true);
  const auto wait = [&] { device.complete(); };
  const std::string large(300'000, 'v');
  const std::string head = " key1 0 0 " + std::to_string(large.size()) + "\r\n";
  std::string reply = client.ask("add" + head, wait);
  reply += client.ask(large + "\r\n", wait);
  EXPECT_EQ(reply, "NOT_STORED\r\n");
  reply = client.ask("replace" + head, wait);
  reply += client.ask(large + "\r\n", wait);
  EXPECT_EQ(reply, "STORED\r\n");
  EXPECT_EQ(client.ask("mg key1 s\r\n", wait), "HD s300000\r\n");
  device.complete_all();
}

TEST(ShardedTierInMemory, AReadThatNeverEndsIsGivenUp) {
  FaultyDevice device(64 * kMegabyte);
  const ShardTier tier = tier_on(device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  {
    Client client(backend);
    fill(client);
    device.set_delayed(true);
    EXPECT_EQ(client.begin("get key0\r\nget key3999\r\nset key1 0 0 1\r\nx\r\n"), "");
    EXPECT_EQ(client.late(), 1U);
    EXPECT_FALSE(backend.tier_is_idle());
    EXPECT_EQ(client.give_up(), "END\r\n" + hit("key3999", kLength) + "STORED\r\n");
    EXPECT_EQ(client.begin("get key2\r\n"), "");  // abandoned with the session
  }
  device.complete_all();
  EXPECT_TRUE(backend.tier_is_idle());
}

TEST(ShardedTierInMemory, ABadDeviceGivesMissesAndNoWrongValue) {
  FaultyDevice device(16 * kMegabyte);
  const ShardTier tier = tier_on(device, 1);
  ShardedBackend backend(settings_for(4), 1, kHashKey, false, nullptr, &tier);
  device.set_rates({.fail_write = 20,
                    .lose = 20,
                    .tear = 20,
                    .misdirect = 20,
                    .fail_read = 20,
                    .flip = 20,
                    .refuse = 20},
                   1);
  Client client(backend);
  std::mt19937 random(2);
  int hits = 0;
  int misses = 0;
  const auto wait = [&] { backend.tick(0, kNow_s); };  // begins what was refused
  for (int turn = 0; turn < 40'000; ++turn) {
    const std::string key = key_of(static_cast<int>(random() % 12'000));
    if (random() % 2 == 0) {
      ASSERT_EQ(client.ask(set_command(key, kLength), wait), "STORED\r\n");
      continue;
    }
    const std::string reply = client.ask("get " + key + "\r\n", wait);
    hits += reply == hit(key, kLength);
    misses += reply == "END\r\n";
    ASSERT_TRUE(reply == "END\r\n" || reply == hit(key, kLength)) << reply;
    if (turn % 8 == 0) backend.tick(0, kNow_s);
  }
  EXPECT_GT(hits, 1000);
  EXPECT_GT(misses, 1000);
}

// --- how the shards share it --------------------------------------------------------------------

TierPlan plan(std::vector<std::uint64_t> files, std::uint64_t page_bytes, unsigned shards,
              std::size_t max_item_bytes = kMegabyte) {
  return plan_tier(files, page_bytes, shards, max_item_bytes);
}

TEST(TierPlan, PartsAreEqualAndOfWholeRegions) {
  const TierPlan large = plan({100 * kMegabyte * 1024}, 0, 4);
  EXPECT_EQ(large.region_bytes, 64 * kMegabyte);
  EXPECT_EQ(large.part_bytes, 25 * kMegabyte * 1024);
  const TierPlan small = plan({1024 * kMegabyte}, 0, 2);
  EXPECT_EQ(small.region_bytes, 32 * kMegabyte);
  EXPECT_EQ(small.part_bytes, 512 * kMegabyte);
  const TierPlan asked = plan({1024 * kMegabyte}, 8 * kMegabyte, 2);
  EXPECT_EQ(asked.region_bytes, 8 * kMegabyte);
  const TierPlan two = plan({100 * kMegabyte, 36 * kMegabyte}, 8 * kMegabyte, 3);
  EXPECT_EQ(two.part_bytes, 40 * kMegabyte) << "12 and 4 regions";
}

TEST(TierPlan, RegionsOfSmallFilesAreSmallButHoldTheLargestItem) {
  EXPECT_EQ(plan({64 * kMegabyte}, 0, 1).region_bytes, 4 * kMegabyte);
  EXPECT_EQ(plan({16 * kMegabyte}, 0, 1).region_bytes, 2 * kMegabyte);
  EXPECT_EQ(plan({64 * kMegabyte}, 0, 1, 3 * kMegabyte).region_bytes, 6 * kMegabyte);
  EXPECT_EQ(plan({64 * kMegabyte}, 0, 1, 512 * kMegabyte).region_bytes, 8 * kMegabyte)
      << "items beyond 4 MB stay in memory";
}

TEST(TierPlan, RefusesWhatIsTooSmallOrTooLarge) {
  EXPECT_NO_THROW(plan({8 * kMegabyte}, 0, 1));
  EXPECT_THROW(plan({7 * kMegabyte}, 0, 1), UsageError);
  EXPECT_THROW(plan({8 * kMegabyte}, 0, 2), UsageError);
  EXPECT_THROW(plan({128 * kMegabyte}, 64 * kMegabyte, 1), UsageError);
  EXPECT_NO_THROW(plan({kTerabyte}, 0, 1));
  EXPECT_THROW(plan({2 * kTerabyte}, 0, 1), UsageError);
  EXPECT_NO_THROW(plan({2 * kTerabyte}, 0, 2));
}

}  // namespace
}  // namespace isocache
