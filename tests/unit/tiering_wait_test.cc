// Items on the tier whose requests have to wait for memory, or meet other requests for them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/tiered_core.h"
#include "unit/two_shards.h"

namespace isocache {
namespace {

constexpr std::size_t kBytes = 300'000;
constexpr std::size_t kItems = 100;

std::string key_of(std::size_t number) { return "key" + std::to_string(number); }
std::string value_of(std::size_t number) {
  return std::string(kBytes, static_cast<char>('a' + number % 26));
}
std::string hit(std::size_t number) {
  return "VA " + std::to_string(kBytes) + "\r\n" + value_of(number) + "\r\n";
}

class LargeColdItemsTest : public testing::Test {
 protected:
  LargeColdItemsTest() : core_({.memory_limit = 16U << 20, .gets_may_wait = true}) {
    for (std::size_t n = 0; n < kItems; ++n) {
      core_.ask("set " + key_of(n) + " 0 0 " + std::to_string(kBytes) + "\r\n" + value_of(n) +
                "\r\n");
    }
    core_.ask("stats reset\r\n");
    core_.device.set_delayed(true);
    const std::string page = core_.ask("stats\r\n");
    written_ = std::stoul(row_of(page, "total_items"));
  }
  ~LargeColdItemsTest() override {
    for (const auto& reader : readers_) core_.backend.release(reader->output());
    readers_.clear();
  }
  Session& connect() {
    readers_.push_back(
        std::make_unique<Session>(core_.backend, core_.clock, SessionOptions(), &core_));
    return *readers_.back();
  }
  // Readers who take nothing hold all the memory that replies may hold.
  void hold_memory() {
    for (std::size_t n = kItems - 1; readers_.empty() || !readers_.back()->waiting(); --n) {
      ASSERT_GT(n, kItems / 2);
      connect().feed("mg " + key_of(n) + " v\r\n");
      readers_.back()->resume();  // those who have waited may hold more
    }
  }
  void let_go() {
    for (const auto& reader : readers_) take_output(*reader, core_.backend);
  }
  void resume_woken() {
    for (; !core_.woken.empty(); core_.woken.pop_front()) {
      core_.session->resume(core_.woken.front());
    }
  }
  std::uint64_t row(const std::string& name) {
    Session session(core_.backend, core_.clock, SessionOptions(), nullptr);
    session.feed("stats\r\n");
    return std::stoul(row_of(take_output(session, core_.backend), name));
  }
  TieredCore core_;
  std::vector<std::unique_ptr<Session>> readers_;
  std::uint64_t written_ = 0;
};

TEST_F(LargeColdItemsTest, AGetThatWaitsForMemoryIsReadOnce) {
  hold_memory();
  core_.session->feed("mg key5 v\r\n");
  ASSERT_GT(core_.device.pending(), 0U);
  core_.device.complete_all();
  resume_woken();
  for (int n = 0; n < 30; ++n) {
    ASSERT_TRUE(core_.session->waiting());
    core_.session->resume();
    core_.clock.now_s += 1;
    core_.backend.engine().tick(core_.clock.now_s);
    ASSERT_EQ(core_.session->give_up_late(5), 0U);
    ASSERT_EQ(core_.device.reads_held(), 0U);
    core_.device.complete_all();
    ASSERT_EQ(core_.drain(), "");
  }
  let_go();
  core_.session->resume();
  EXPECT_EQ(core_.drain(), hit(5));
  EXPECT_EQ(row("recache_from_extstore"), 1U);
  EXPECT_EQ(row("total_items"), written_ + 1);
  EXPECT_EQ(row("get_misses"), 0U);
}

// The first one brings it back; for the others it is in memory.
TEST_F(LargeColdItemsTest, ManyWhoAskForOneItemBringItBackOnce) {
  for (std::size_t n = 0; n < 20; ++n) connect().feed("mg key5 v\r\n");
  core_.device.complete_all();
  for (const LateToken token : core_.woken) {
    for (const auto& reader : readers_) reader->resume(token);
  }
  for (const auto& reader : readers_) {
    EXPECT_EQ(take_output(*reader, core_.backend), hit(5));
  }
  EXPECT_EQ(row("recache_from_extstore"), 1U);
  EXPECT_EQ(row("total_items"), written_ + 1);
  EXPECT_EQ(row("get_hits"), 20U);
}

}  // namespace
}  // namespace isocache
