// Every counter of general.def is shown, added up and reset, whatever its name.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "command/stats/pages.h"
#include "command/stats/row_names.h"
#include "unit/two_shards.h"

namespace isocache {
namespace {

static_assert(!all_differ({"a", "b", "a"}));
static_assert(all_differ({"a", "b", "ab"}));

// Gives each counter a different number, starting with `next`.
EngineFigures numbered(std::uint64_t next) {
  EngineFigures figures;
#define ISOCACHE_ENGINE_COUNTER(name) figures.engine.name = next++;
#define ISOCACHE_BAND_COUNTER(name) figures.engine.bands[3].name = next++;
#define ISOCACHE_STORE_COUNTER(name, field, when) figures.store.field = next++;
#define ISOCACHE_UNSHOWN_STORE_COUNTER(field) figures.store.field = next++;
#include "command/stats/general.def"
  return figures;
}

std::string page_of(const EngineFigures& figures) {
  Output out;
  write_stats(figures, {}, {}, 0, out);
  std::string page;
  out.for_each_span([&](std::string_view span) { page.append(span); });
  return page;
}

struct Counter {
  const char* name;
  bool shown;
};
constexpr Counter kCounters[] = {
#define ISOCACHE_ENGINE_COUNTER(name) {#name, true},
#define ISOCACHE_BAND_COUNTER(name) {#name, true},
#define ISOCACHE_STORE_COUNTER(name, field, when) {#name, true},
#define ISOCACHE_UNSHOWN_STORE_COUNTER(field) {#field, false},
#include "command/stats/general.def"
};

TEST(Counters, EachIsShownUnderItsName) {
  constexpr std::uint64_t kFirst = 1000;
  const std::string page = page_of(numbered(kFirst));
  std::uint64_t number = kFirst;
  for (const Counter& counter : kCounters) {
    EXPECT_EQ(row_of(page, counter.name), counter.shown ? std::to_string(number) : "(none)")
        << counter.name;
    ++number;
  }
}

TEST(Counters, EachIsAddedUpOverTheShards) {
  EngineFigures sum = numbered(1000);
  sum.add(numbered(50'000));
  const std::string page = page_of(sum);
  std::uint64_t number = 51'000;
  for (const Counter& counter : kCounters) {
    EXPECT_EQ(row_of(page, counter.name), counter.shown ? std::to_string(number) : "(none)")
        << counter.name;
    number += 2;
  }
  EXPECT_EQ(sum.store.out_of_memory, number - 6);  // not shown
  EXPECT_EQ(sum.store.too_large, number - 4);
  EXPECT_EQ(sum.store.evicted_nonzero, number - 2);
}

TEST(Counters, TheStoresCanBeTakenAway) {
  StoreCounters rest = numbered(1000).store;
  subtract(rest, numbered(900).store);
#define ISOCACHE_STORE_COUNTER(name, field, when) EXPECT_EQ(rest.field, 100U) << #name;
#define ISOCACHE_UNSHOWN_STORE_COUNTER(field) EXPECT_EQ(rest.field, 100U) << #field;
#include "command/stats/general.def"
}

TEST(Counters, TheBandsCountersAreOnThePageOfClassesToo) {
  EngineFigures figures = numbered(1000);
  figures.bands[3].segments = 1;
  Output out;
  write_stats_slabs(figures, out);
  std::string page;
  out.for_each_span([&](std::string_view span) { page.append(span); });
#define ISOCACHE_BAND_COUNTER(name) \
  EXPECT_EQ(row_of(page, "4:" #name), std::to_string(figures.engine.bands[3].name));
#include "command/stats/general.def"
}

// Requests that make every counter move that clients can make move.
void work(TestCore& shard) {
  shard.ask("set a 0 0 1\r\nx\r\nset n 0 0 1\r\n5\r\nget a none\r\nincr n 1\r\nincr none 1\r\n");
  shard.ask("decr n 1\r\ndecr none 1\r\ntouch a 0\r\ntouch none 0\r\ncas none 0 0 1 1\r\nx\r\n");
  shard.ask("cas a 0 0 1 999\r\nx\r\nmg a v\r\ndelete none\r\ndelete a\r\nset e 0 -1 1\r\nx\r\n");
  shard.ask("get e\r\nset f 0 0 1\r\nx\r\nflush_all\r\nget f\r\n");
  shard.ask("set big 0 0 1048577\r\n" + std::string(1'048'577, 'v') + "\r\n");
}

TEST(Counters, ResetClearsEachAndNothingElse) {
  TwoShards target;
  for (TestCore& shard : target.shards) work(shard);
  target.shards[0].ask("set stays 0 0 1\r\nx\r\n");
  const std::string before = target.ask("stats");
  EXPECT_EQ(row_of(before, "cmd_set"), "13");
  EXPECT_EQ(row_of(before, "store_too_large"), "2");
  EXPECT_EQ(target.ask("stats reset"), "RESET\r\n");
  const std::string after = target.ask("stats");
  for (const Counter& counter : kCounters) {
    EXPECT_EQ(row_of(after, counter.name), counter.shown ? "0" : "(none)") << counter.name;
  }
  for (const char* name :
       {"time", "curr_items", "bytes", "limit_maxbytes", "isocache_segment_bytes"}) {
    EXPECT_EQ(row_of(after, name), row_of(before, name)) << name;
  }
}

}  // namespace
}  // namespace isocache
