// Whatever device, memory and other clients do: each reply is what the key holds, or a miss.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "protocol/parser.h"
#include "support/seeds.h"
#include "unit/tiering_clients.h"

namespace isocache {
namespace {

// ISOCACHE_SEEDS says how many.
int seed_count() {
  constexpr int kUsual = 40;
  const char* given = std::getenv("ISOCACHE_SEEDS");
  return given == nullptr ? kUsual : std::atoi(given);
}

TEST(TieringFaultsTest, EachReplyIsWhatTheKeyHoldsOrAMiss) {
  const int seeds = seed_count();
  TieringFigures all;
  for (int n = 0; n < seeds; ++n) {
    const std::uint32_t seed = first_seed() + static_cast<std::uint32_t>(n);
    TieringClients clients(make_tiering_plan(seed), seed);
    ASSERT_EQ(clients.run(3000), "") << "seed " << seed;
    all.replies += clients.figures().replies;
    all.hits += clients.figures().hits;
    all.misses += clients.figures().misses;
    all.given_up += clients.figures().given_up;
    all.errors += clients.figures().errors;
    all.late += clients.figures().late;
    all.writes += clients.figures().writes;
    all.evictions += clients.figures().evictions;
  }
  EXPECT_GT(all.hits, all.replies / 8);
  EXPECT_GT(all.late, all.replies / 100);
  EXPECT_GT(all.given_up, 0U);
  const auto count = [](const char* of, std::uint64_t n) {
    testing::Test::RecordProperty(of, std::to_string(n));
  };
  count("replies", all.replies);
  count("hits", all.hits);
  count("misses", all.misses);
  count("given_up", all.given_up);
  count("errors", all.errors);
  count("late", all.late);
  count("writes", all.writes);
  count("evictions", all.evictions);
}

// A reply from a record counts like any other.
TEST(TieringBoundsTest, ColdGetsStopWhenTheOutputIsFull) {
  TieredCore core({});
  const std::string value(4000, 'v');
  std::string gets;
  for (int n = 0; n < 1000; ++n) {
    const std::string key = "key" + std::to_string(n);
    core.ask("set " + key + " 0 0 4000\r\n" + value + "\r\n");
    if (n < 20) gets += "mg " + key + " v\r\n";
  }
  core.session = std::make_unique<Session>(core.backend, core.clock,
                                           SessionOptions{.output_limits = {5000, 5000}}, &core);
  core.session->feed(gets);
  EXPECT_LE(core.session->output().size(), 10'000U);
  EXPECT_EQ(core.ask("mn\r\n").size(), 20 * (std::string("VA 4000\r\n\r\n").size() + 4000) + 4);
}

// Stores key0 to key999, most of which memory has no room for. From then on the device ends what it
// is told to end.
void fill_delayed(TieredCore& core) {
  core.device.set_delayed(true);
  const std::string value(4000, 'v');
  for (int n = 0; n < 1000; ++n) {
    core.ask("set key" + std::to_string(n) + " 0 0 4000\r\n" + value + "\r\n");
    core.device.complete_all();
  }
}

class FullOutputTest : public testing::Test {
 protected:
  FullOutputTest() {
    fill_delayed(core_);
    make_request("mg", "key0", "v", "", cold_key_, cold());
    make_request("mg", "key999", "v", "", hot_key_, hot());
    for (Request& request : requests_) request.key.hash = core_.backend.hash(request.key.bytes);
  }
  Request& hot() { return requests_[0]; }
  Request& cold() { return requests_[1]; }
  Executed execute(std::span<Request> requests, Output& out) {
    return core_.backend.execute(requests, core_.clock.now_s, out, &core_);
  }
  std::uint64_t fetches() { return core_.tiering.figures().counters.fetches; }

  TieredCore core_{{}};
  KeyBuffer hot_key_;
  KeyBuffer cold_key_;
  Request requests_[2];
};

// That the last request was suspended does not matter to the next one.
TEST_F(FullOutputTest, ExecutesNothing) {
  Output out;
  const Executed suspended = execute({&cold(), 1}, out);
  ASSERT_NE(suspended.late, kNotLate);
  Output full({1, 1, 1});
  full.append("x");
  const Executed none = execute({&hot(), 1}, full);
  EXPECT_EQ(none.done, 0U);
  EXPECT_EQ(none.late, kNotLate);
  EXPECT_EQ(full.size(), 1U);
  EXPECT_EQ(fetches(), 0U);
  core_.backend.abandon(suspended.late, cold(), nullptr);
  core_.device.complete_all();
}

TEST_F(FullOutputTest, StopsBeforeAColdRequest) {
  Output out({4000, 4000});
  const Executed first = execute(requests_, out);
  EXPECT_EQ(first.done, 1U);
  EXPECT_EQ(first.late, kNotLate);
  out.clear();
  const Executed second = execute({&cold(), 1}, out);
  EXPECT_EQ(second.done, 0U);
  ASSERT_NE(second.late, kNotLate);
  EXPECT_EQ(fetches(), 0U);
  core_.device.complete_all();
  const Executed third =
      core_.backend.finish(second.late, cold(), nullptr, core_.clock.now_s, out, &core_);
  EXPECT_EQ(third.done, 1U);
  EXPECT_GT(out.size(), 4000U);
  EXPECT_EQ(fetches(), 1U);
  out.clear();
}

// A request for an item on the tier waits for its read.
class GivenUpTest : public testing::TestWithParam<const char*> {
 protected:
  GivenUpTest() {
    fill_delayed(core_);
    core_.session->feed(GetParam());
    EXPECT_EQ(core_.session->late(), 1U);
  }
  TieredCore core_{TieredOptions()};
};

// Its client was told that there is no such item.
TEST_P(GivenUpTest, LeavesNoItem) {
  EXPECT_EQ(core_.session->give_up_late(), 1U);
  const std::string reply = core_.drain();
  EXPECT_TRUE(reply == "NF\r\n" || reply == "NOT_FOUND\r\n" || reply == "EN\r\n" ||
              reply == "END\r\n")
      << reply;
  EXPECT_EQ(core_.ask("mg key0 v\r\n"), "EN\r\n");
}

// It may have come back to memory meanwhile, by another request or by its own.
TEST_P(GivenUpTest, LeavesNoItemInMemory) {
  const auto first = std::exchange(
      core_.session,
      std::make_unique<Session>(core_.backend, core_.clock, SessionOptions(), &core_));
  ASSERT_EQ(core_.ask("set key0 0 0 1\r\nx\r\n"), "STORED\r\n");
  EXPECT_EQ(first->give_up_late(), 1U);
  const std::string reply = core_.ask("mg key0 v\r\n");
  EXPECT_TRUE(reply == "EN\r\n" || reply == "VA 1 X W\r\nx\r\n") << reply;  // or it is stale
}

INSTANTIATE_TEST_SUITE_P(, GivenUpTest,
                         testing::Values("md key0\r\n", "md key0 I T30\r\n", "delete key0\r\n",
                                         "touch key0 -1\r\n", "mg key0 T-1 v\r\n",
                                         "gat -1 key0\r\n", "gats -1 key0\r\n"));

}  // namespace
}  // namespace isocache
