// The parts that a thread with connections is made of: table, inbox, queue for memory.
#include "native/connection/connection_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "native/connection/connection_info.h"
#include "native/connection/inbox.h"
#include "native/connection/memory_waiters.h"

namespace isocache {
namespace {

struct FakeConnection {
  explicit FakeConnection(int fd) : info_(fd, 0) {}
  const ConnectionInfo& info() const { return info_; }

  ConnectionId id;

 private:
  ConnectionInfo info_;
};
using Table = ConnectionTable<FakeConnection>;

FakeConnection& open(Table& table, int fd) {
  table.expect();
  return table.add(std::make_unique<FakeConnection>(fd));
}

std::vector<int> listed(const Table& table) {
  std::vector<int> descriptors;
  table.for_each_info([&](const ConnectionInfo& info) { descriptors.push_back(info.fd); });
  return descriptors;
}

TEST(ConnectionTable, FindsConnectionsByTheirId) {
  Table table;
  FakeConnection& one = open(table, 1);
  FakeConnection& two = open(table, 2);
  EXPECT_EQ(table.find(one.id), &one);
  EXPECT_EQ(table.find(two.id), &two);
  EXPECT_EQ(table.find(ConnectionId{}), nullptr);
  EXPECT_EQ(table.find({.serial = one.id.serial, .slot = 7}), nullptr);
  EXPECT_EQ(table.find({.serial = one.id.serial, .slot = two.id.slot}), nullptr);
}

TEST(ConnectionTable, AStaleIdFindsNothing) {
  Table table;
  open(table, 1);
  FakeConnection& two = open(table, 2);
  const ConnectionId stale = two.id;
  table.remove(two);
  EXPECT_EQ(table.find(stale), nullptr);
  // Nor does it find another connection that has its place, again and again.
  for (int i = 0; i < 3; ++i) {
    FakeConnection& successor = open(table, 3);
    EXPECT_EQ(successor.id.slot, stale.slot);
    EXPECT_EQ(table.find(stale), nullptr);
    EXPECT_EQ(table.find(successor.id), &successor);
    table.remove(successor);
  }
}

TEST(ConnectionTable, CountsThoseThatAreOnTheirWay) {
  Table table;
  table.expect();
  EXPECT_EQ(table.count(), 1U);
  EXPECT_TRUE(table.empty());
  FakeConnection& one = table.add(std::make_unique<FakeConnection>(1));
  EXPECT_EQ(table.count(), 1U);
  EXPECT_FALSE(table.empty());
  table.expect();
  table.forget_expected();
  table.remove(one);
  EXPECT_EQ(table.count(), 0U);
  EXPECT_TRUE(table.empty());
}

TEST(ConnectionTable, AVisitMayRemoveTheConnectionItIsGiven) {
  Table table;
  for (int fd = 0; fd < 10; ++fd) open(table, fd);
  int visited = 0;
  table.for_each([&](FakeConnection& connection) {
    ++visited;
    if (connection.info().fd % 2 == 0) table.remove(connection);
  });
  EXPECT_EQ(visited, 10);
  EXPECT_EQ(listed(table), (std::vector<int>{1, 3, 5, 7, 9}));
  EXPECT_EQ(table.count(), 5U);
}

TEST(ConnectionTable, AnotherThreadMayLookMeanwhile) {
  Table table;
  std::atomic<bool> ended{false};
  std::thread other([&] {
    while (!ended) {
      for (const int fd : listed(table)) EXPECT_GE(fd, 0);
      EXPECT_LE(table.count(), 64U);
    }
  });
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 2000; ++i) {
    ids.push_back(open(table, i).id);
    if (ids.size() < 64) continue;
    for (const ConnectionId id : ids) table.remove(*table.find(id));
    ids.clear();
  }
  ended = true;
  other.join();
}

TEST(Inbox, TheFirstNoteWakesTheOthersWait) {
  int woken = 0;
  Inbox inbox([&] { ++woken; });
  inbox.leave_note([](Notes& notes) { notes.newcomers.emplace_back(); });
  inbox.leave_note([](Notes& notes) { notes.newcomers.emplace_back(); });
  inbox.leave_note([](Notes& notes) { notes.end_grace_ms = 5; });
  EXPECT_EQ(woken, 1);
  const Notes notes = inbox.take();
  EXPECT_EQ(notes.newcomers.size(), 2U);
  EXPECT_EQ(notes.end_grace_ms, 5);
  EXPECT_TRUE(inbox.take().newcomers.empty());
  inbox.leave_note([](Notes& left) { left.end_grace_ms = 0; });
  EXPECT_EQ(woken, 2);
}

TEST(Inbox, ANoteThatCouldNotWakeIsNotForgotten) {
  bool fails = true;
  int woken = 0;
  Inbox inbox([&] {
    if (fails) throw std::runtime_error("no memory");
    ++woken;
  });
  const auto leave = [&] {
    inbox.leave_note([](Notes& notes) { notes.newcomers.emplace_back(); });
  };
  EXPECT_THROW(leave(), std::runtime_error);
  fails = false;
  leave();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(inbox.take().newcomers.size(), 2U);
}

TEST(MemoryWaiters, AskAgainInTurnAndSomeAtATime) {
  constexpr std::size_t kMost = MemoryWaiters<int>::kMostRetries;
  MemoryWaiters<int> waiters;
  std::vector<int> all(kMost + 2);
  for (int& waiter : all) waiters.add(waiter);
  std::vector<int*> asked;
  const auto ask = [&](int& waiter) { asked.push_back(&waiter); };
  waiters.remove(all[1]);
  waiters.run(1000, ask);
  EXPECT_EQ(asked.size(), kMost - 1);
  EXPECT_EQ(asked[1], &all[2]);
  waiters.add(all[0]);
  waiters.run(1000 + MemoryWaiters<int>::kRetry_ms - 1, ask);
  EXPECT_EQ(asked.size(), kMost - 1);
  asked.clear();
  waiters.run(waiters.retry_at_ms(), ask);
  EXPECT_EQ(asked, (std::vector<int*>{&all[kMost], &all[kMost + 1], all.data()}));
  EXPECT_TRUE(waiters.empty());
}

}  // namespace
}  // namespace isocache
