// Commands for which there is no memory: the item stays unchanged, except an item that a `set` was
// meant to replace.
#include <gtest/gtest.h>

#include <string>

#include "core_fixture.h"

namespace isocache {
namespace {

constexpr std::string_view kOutOfMemory = "SERVER_ERROR out of memory storing object\r\n";

class RefusedTest : public ::testing::Test {
 protected:
  static StoreOptions options() {
    StoreOptions options = TestCore::store_options();
    options.memory_limit = 2U << 20;
    options.evict = false;
    return options;
  }
  void SetUp() override {
    core_.ask("set k 7 0 3\r\nold\r\nset n 0 0 1\r\n9\r\n");
    const std::string value(3000, 'f');
    for (int i = 0;; ++i) {
      const std::string reply =
          core_.ask("set fill" + std::to_string(i) + " 0 0 3000\r\n" + value + "\r\n");
      if (reply != "STORED\r\n") break;
    }
    for (int i = 0;; ++i) {
      const std::string reply = core_.ask("set tiny" + std::to_string(i) + " 0 0 1\r\nt\r\n");
      if (reply != "STORED\r\n") break;
    }
  }
  std::string with_value(const std::string& command, std::size_t length) {
    return core_.ask(command + " " + std::to_string(length) + "\r\n" + std::string(length, 'v') +
                     "\r\n");
  }
  void expect_kept() {
    EXPECT_EQ(core_.ask("get k\r\n"), "VALUE k 7 3\r\nold\r\nEND\r\n");
    EXPECT_EQ(core_.store.counters().evictions, 0U);
    core_.store.check_invariants();
  }

  TestCore core_{{}, {}, options()};
};

TEST_F(RefusedTest, AddReplaceAndCasLeaveTheOldValue) {
  for (const std::size_t length : {std::size_t{5000}, std::size_t{50'000}}) {
    EXPECT_NE(with_value("add k 0 0", length), "STORED\r\n");
    expect_kept();
    EXPECT_EQ(with_value("replace k 0 0", length), kOutOfMemory);
    expect_kept();
    EXPECT_NE(core_.ask("cas k 0 0 " + std::to_string(length) + " 999999\r\n" +
                        std::string(length, 'v') + "\r\n"),
              "STORED\r\n");
    expect_kept();
  }
}

TEST_F(RefusedTest, AppendAndPrependLeaveTheOldValue) {
  for (const std::size_t length : {std::size_t{5000}, std::size_t{50'000}}) {
    EXPECT_NE(with_value("append k 0 0", length), "STORED\r\n");
    expect_kept();
    EXPECT_NE(with_value("prepend k 0 0", length), "STORED\r\n");
    expect_kept();
  }
}

TEST_F(RefusedTest, ASetDropsWhatItWasToReplace) {
  EXPECT_EQ(with_value("set k 0 0", 5000), kOutOfMemory);
  EXPECT_EQ(core_.ask("get k\r\n"), "END\r\n");
}

TEST_F(RefusedTest, ALargeSetDropsWhatItWasToReplace) {
  EXPECT_EQ(with_value("set k 0 0", 50'000), kOutOfMemory);
  EXPECT_EQ(core_.ask("get k\r\n"), "END\r\n");
}

// There is no memory for the bookkeeping, or no location that could name it.
TEST(MemoryLimit, OneThatNothingCanHoldIsRefused) {
  TestCore core;
  core.ask("set k 0 0 1\r\nx\r\n");
  for (const char* megabytes : {"100000000", "4294967295", "1048577"}) {
    EXPECT_EQ(core.ask("cache_memlimit " + std::string(megabytes) + "\r\n").substr(0, 12),
              "MEMLIMIT_ADJ");
  }
  EXPECT_EQ(core.ask("cache_memlimit 64\r\nget k\r\n"), "OK\r\nVALUE k 0 1\r\nx\r\nEND\r\n");
}

}  // namespace
}  // namespace isocache
