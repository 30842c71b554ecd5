// The sharded backend under several threads, each with sessions of its own. Also runs under TSan.
#include "native/shards/sharded_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "session/session.h"

namespace isocache {
namespace {

const HashKey kHashKey = hash_key_of(42);

Settings settings_for(std::size_t megabytes) {
  Settings settings;
  settings.max_bytes = megabytes << 20;
  return settings;
}

constexpr UnixSeconds kNow_s = 1'000'000;

// A client without a socket.
class Client {
 public:
  explicit Client(ShardedBackend& backend) : backend_(backend), session_(backend, clock_, {}) {
    clock_.now_s = kNow_s;
  }
  ~Client() { drop_output(); }

  // The whole reply, including that of a stream.
  std::string ask(std::string_view bytes) {
    feed(bytes);
    std::string reply;
    take_output(reply);
    while (session_.wants_turn()) {
      session_.resume();
      take_output(reply);
    }
    return reply;
  }
  // Keeps the reply, and what it holds.
  void ask_and_read_nothing(std::string_view bytes) { feed(bytes); }
  bool waits() const { return session_.waiting(); }

 private:
  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto window = session_.upload_window();
      if (window.empty()) return session_.feed(bytes);
      const std::size_t filled = std::min(window.size(), bytes.size());
      std::copy_n(bytes.data(), filled, window.data());
      session_.upload_received(filled);
      bytes.remove_prefix(filled);
    }
  }
  void take_output(std::string& reply) {
    session_.output().for_each_span([&](std::string_view span) { reply += span; });
    drop_output();
  }
  void drop_output() {
    backend_.release(session_.output());
    session_.output().clear();
  }

  ShardedBackend& backend_;
  Clock clock_;
  Session session_;
};

// A value that names its key, so that any byte of another key's value would show.
std::string value_of(int key, std::size_t length) {
  std::string value;
  while (value.size() < length) value += "key" + std::to_string(key) + ".";
  value.resize(length);
  return value;
}

std::string set_command(int key, std::size_t length) {
  return "set k" + std::to_string(key) + " 0 0 " + std::to_string(length) + "\r\n" +
         value_of(key, length) + "\r\n";
}

// True if `reply` to "get k<key>" is a miss or some whole value of that key.
bool is_own_value(const std::string& reply, int key) {
  if (reply == "END\r\n") return true;
  const std::string head = "VALUE k" + std::to_string(key) + " 0 ";
  if (!reply.starts_with(head)) return false;
  const std::size_t length = std::stoul(reply.substr(head.size()));
  return reply == head + std::to_string(length) + "\r\n" + value_of(key, length) + "\r\nEND\r\n";
}

TEST(ShardCount, FollowsThreadsMemoryAndItemSize) {
  EXPECT_EQ(shard_count_for(settings_for(1024), 1), 1U);
  EXPECT_EQ(shard_count_for(settings_for(1024), 4), 16U);
  EXPECT_EQ(shard_count_for(settings_for(64), 4), 2U);
  EXPECT_EQ(shard_count_for(settings_for(48), 4), 1U);
  EXPECT_EQ(shard_count_for(settings_for(1), 4), 1U);
  Settings large_items = settings_for(1024);
  large_items.max_item_bytes = 256U << 20;
  EXPECT_EQ(shard_count_for(large_items, 4), 1U);
}

TEST(ShardedBackend, AnswersABatchOverManyShardsInOrder) {
  ShardedBackend backend(settings_for(512), 4, kHashKey, false, nullptr);
  ASSERT_EQ(backend.shard_count(), 16U);
  Client client(backend);
  std::string sets, gets, stored, values;
  for (int key = 0; key < 500; ++key) {
    sets += set_command(key, 10);
    stored += "STORED\r\n";
    gets += "mg k" + std::to_string(key) + " v\r\nmn\r\n";
    values += "VA 10\r\n" + value_of(key, 10) + "\r\nMN\r\n";
  }
  EXPECT_EQ(client.ask(sets), stored);
  EXPECT_EQ(client.ask(gets), values);
  EXPECT_EQ(backend.figures().items, 500U);
}

TEST(ShardedBackend, OrdersRepliesThatReferToLargeValues) {
  ShardedBackend backend(settings_for(512), 4, kHashKey, false, nullptr);
  Client client(backend);
  std::string sets, gets, values;
  for (int key = 0; key < 64; ++key) {
    const std::size_t length = key % 3 == 0 ? 10 : key % 3 == 1 ? 5'000 : 100'000;
    sets += set_command(key, length);
    gets += "get k" + std::to_string(key) + " absent\r\n";
    values += "VALUE k" + std::to_string(key) + " 0 " + std::to_string(length) + "\r\n" +
              value_of(key, length) + "\r\nEND\r\n";
  }
  client.ask(sets);
  EXPECT_EQ(client.ask(gets), values);
}

TEST(ShardedBackend, MemoryIsWantedForASecondByAnyThreadsClock) {
  ShardedBackend backend(settings_for(8), 1, kHashKey, false, nullptr);
  Client first(backend), second(backend), waiter(backend);
  for (int key = 0; key < 3; ++key) first.ask(set_command(key, 900'000));
  first.ask_and_read_nothing("get k0\r\n");
  second.ask_and_read_nothing("get k1\r\n");
  EXPECT_FALSE(backend.memory_is_wanted(kNow_s));
  waiter.ask_and_read_nothing("get k2\r\n");
  ASSERT_TRUE(waiter.waits());
  EXPECT_TRUE(backend.memory_is_wanted(kNow_s - 1)) << "a thread that read its clock before";
  EXPECT_TRUE(backend.memory_is_wanted(kNow_s));
  EXPECT_TRUE(backend.memory_is_wanted(kNow_s + 1));
  EXPECT_FALSE(backend.memory_is_wanted(kNow_s + 2));
}

TEST(ShardedBackend, KeepsTheOrderOfRequestsForOneKeyInABatch) {
  ShardedBackend backend(settings_for(512), 4, kHashKey, false, nullptr);
  Client client(backend);
  std::string batch, replies;
  for (int i = 0; i < 10; ++i) {
    const std::string digit = std::to_string(i);
    batch += "set k 0 0 1\r\n" + digit + "\r\nset other" + digit + " 0 0 1\r\nx\r\nmg k v\r\n";
    replies += "STORED\r\nSTORED\r\nVA 1\r\n" + digit + "\r\n";
  }
  EXPECT_EQ(client.ask(batch), replies);
}

TEST(ShardedBackend, GivesNoCasTwice) {
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr);
  Client client(backend);
  std::set<std::string> seen;
  for (int key = 0; key < 1000; ++key) {
    EXPECT_TRUE(seen.insert(client.ask("ms k" + std::to_string(key) + " 1 c\r\nx\r\n")).second);
  }
}

TEST(ShardedBackend, RefusedMemoryLimitLeavesAllShardsAsTheyWere) {
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr);
  EXPECT_FALSE(backend.set_memory_limit(1));
  EXPECT_EQ(backend.figures().memory.limit, 64U << 20);
  EXPECT_TRUE(backend.set_memory_limit(128U << 20));
  EXPECT_EQ(backend.figures().memory.limit, 128U << 20);
}

TEST(ShardedBackend, MetadumpVisitsAllShards) {
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr);
  Client client(backend);
  for (int key = 0; key < 300; ++key) client.ask(set_command(key, 5));
  const std::string dump = client.ask("lru_crawler metadump all\r\n");
  for (int key = 0; key < 300; ++key) {
    EXPECT_NE(dump.find("key=k" + std::to_string(key) + " "), std::string::npos) << key;
  }
}

// Several threads send random requests for few keys, in little memory. Another thread sends
// administrative commands, and a fourth does the background work.
TEST(ShardedBackend, ThreadsNeverSeeEachOthersBytes) {
  constexpr int kThreads = 3;
  constexpr int kKeys = 800;
  ShardedBackend backend(settings_for(64), 4, kHashKey, false, nullptr);
  ASSERT_GT(backend.shard_count(), 1U);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};

  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    Client client(backend);
    for (int step = 0; step < 2000; ++step) {
      const int key = static_cast<int>(random() % kKeys);
      const std::string name = "k" + std::to_string(key);
      switch (random() % 8) {
        case 0: client.ask(set_command(key, random() % 300'000)); break;
        case 1: client.ask(set_command(key, random() % 8'000)); break;
        case 2: client.ask("delete " + name + "\r\n"); break;
        case 3: client.ask("mg " + name + " t f s N30 k\r\n"); break;
        case 4: {  // a value that never arrives whole
          Client leaver(backend);
          leaver.ask("set " + name + " 0 0 100000\r\n" + std::string(random() % 100'000, 'x'));
          break;
        }
        case 5: client.ask(set_command(key, random() % 100)); break;
        default:
          if (!is_own_value(client.ask("get " + name + "\r\n"), key)) ++wrong;
      }
    }
  };
  const auto administer = [&] {
    Client client(backend);
    for (int step = 0; !done; ++step) {
      client.ask("stats\r\nstats items\r\nstats slabs\r\nstats settings\r\n");
      client.ask("lru_crawler metadump all\r\n");
      if (step % 7 == 0) client.ask("flush_all\r\nstats reset\r\n");
      client.ask(step % 2 == 0 ? "cache_memlimit 64\r\n" : "cache_memlimit 20\r\n");
    }
  };
  const auto tick = [&] {
    while (!done) {
      for (unsigned shard = 0; shard < backend.shard_count(); ++shard)
        backend.tick(shard, 1'000'000);
      std::this_thread::yield();
    }
  };

  std::vector<std::thread> workers;
  for (unsigned n = 0; n < kThreads; ++n) workers.emplace_back(work, n);
  std::thread administrator(administer);
  std::thread ticker(tick);
  for (std::thread& worker : workers) worker.join();
  done = true;
  administrator.join();
  ticker.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ShardedBackend, CountsByPrefixInAllShardsWhileOthersAsk) {
  constexpr unsigned kThreads = 4;
  constexpr int kKeys = 1000;
  ShardedBackend backend(settings_for(256), 4, kHashKey, false, nullptr);
  ASSERT_GT(backend.shard_count(), 1U);
  std::atomic<bool> done{false};
  Client admin(backend);
  EXPECT_EQ(admin.ask("stats detail on\r\n"), "OK\r\n");
  std::vector<std::thread> workers;
  for (unsigned n = 0; n < kThreads; ++n) {
    workers.emplace_back([&] {
      Client client(backend);
      for (int key = 0; key < kKeys; ++key) {
        client.ask("get p:" + std::to_string(key) + " q" + std::to_string(key % 100) + ":\r\n");
      }
    });
  }
  std::thread reader([&] {
    Client client(backend);
    while (!done) client.ask("stats detail dump\r\nstats detail on\r\n");
  });
  for (std::thread& worker : workers) worker.join();
  done = true;
  reader.join();
  const std::string dump = admin.ask("stats detail dump\r\n");
  EXPECT_EQ(dump.rfind("PREFIX p get 4000 hit 0 set 0 del 0\r\n", 0), 0U) << dump.substr(0, 200);
  EXPECT_NE(dump.find("PREFIX q99 get 40 hit 0 set 0 del 0\r\nEND\r\n"), std::string::npos);
}

}  // namespace
}  // namespace isocache
