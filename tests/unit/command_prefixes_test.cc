// stats detail: the table and its bounds. tests/conformance/stats-detail.txt tests which commands
// count.
#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "base/key_prefix.h"
#include "command/stats/prefixes.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

// A whole dump, `most` lines a slice.
std::string text_of(std::initializer_list<const PrefixStats*> shards, std::size_t most = 100) {
  Output out;
  std::optional<std::string> after;
  for (bool more = true; more;) {
    PrefixSlice slice(after, most);
    for (const PrefixStats* shard : shards) slice.add(*shard);
    more = slice.write(out, after);
  }
  std::string bytes;
  out.for_each_span([&](std::string_view span) { bytes.append(span); });
  return bytes;
}
std::string text_of(const PrefixStats& stats) { return text_of({&stats}); }

std::size_t lines_of(const std::string& text) {
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  return lines;
}

TEST(Prefixes, AreWhatIsBeforeTheFirstDelimiter) {
  const auto prefix_of = [](std::string_view key) {
    std::string_view prefix;
    return find_prefix(key, ':', &prefix) ? "<" + std::string(prefix) + ">" : "none";
  };
  EXPECT_EQ(prefix_of("user:1:name"), "<user>");
  EXPECT_EQ(prefix_of(":"), "<>");
  EXPECT_EQ(prefix_of("user"), "none");
  EXPECT_EQ(prefix_of(""), "none");
  EXPECT_EQ(prefix_of(std::string_view("us\0er:1", 7)), "none");
  EXPECT_EQ(prefix_of(std::string_view("user:\0", 6)), "<user>");
}

TEST(Prefixes, AreShownSortedAndPrintable) {
  PrefixStats stats;
  stats.counters_of("user").gets = 1;
  stats.counters_of("page") += PrefixCounters{4, 3, 2, 1};
  stats.counters_of("a\r\nEND").sets = 1;
  stats.counters_of("100%\x7F\xC3\xA4 ").deletes = 1;
  stats.counters_of("").hits = 18446744073709551615U;
  EXPECT_EQ(text_of(stats),
            "PREFIX  get 0 hit 18446744073709551615 set 0 del 0\r\n"
            "PREFIX 100%25%7F%C3%A4%20 get 0 hit 0 set 0 del 1\r\n"
            "PREFIX a%0D%0AEND get 0 hit 0 set 1 del 0\r\n"
            "PREFIX page get 4 hit 3 set 2 del 1\r\n"
            "PREFIX user get 1 hit 0 set 0 del 0\r\n"
            "END\r\n");
  stats.clear();
  EXPECT_EQ(text_of(stats), "END\r\n");
}

TEST(Prefixes, BeyondTheirNumberAreCountedTogether) {
  PrefixStats stats;
  for (std::size_t i = 0; i < limits::kMaxPrefixes + 10; ++i) {
    ++stats.counters_of(std::to_string(i)).gets;
  }
  ++stats.counters_of("0").sets;  // prefixes that have a line keep it
  const std::string text = text_of(stats);
  EXPECT_EQ(lines_of(text), limits::kMaxPrefixes + 2);
  EXPECT_NE(text.find("PREFIX %other get 10 hit 0 set 0 del 0\r\nEND\r\n"), std::string::npos);
  EXPECT_NE(text.find("PREFIX 0 get 1 hit 0 set 1 del 0\r\n"), std::string::npos);
  stats.clear();
  EXPECT_EQ(text_of(stats), "END\r\n");
}

TEST(Prefixes, BeyondTheirBytesAreCountedTogether) {
  PrefixStats stats;
  const std::size_t most = limits::kMaxPrefixNameBytes / limits::kMaxKeyBytes;
  for (std::size_t i = 0; i < most + 10; ++i) {
    std::string name = std::to_string(i);
    name.resize(limits::kMaxKeyBytes, 'x');
    ++stats.counters_of(name).deletes;
  }
  const std::string text = text_of(stats);
  EXPECT_EQ(lines_of(text), most + 2);
  EXPECT_NE(text.find("PREFIX %other get 0 hit 0 set 0 del 10\r\n"), std::string::npos);
}

TEST(Prefixes, OfSeveralShardsAreAddedUp) {
  PrefixStats one;
  PrefixStats other;
  for (std::size_t i = 0; i < limits::kMaxPrefixes; ++i) {
    ++one.counters_of("a" + std::to_string(i)).gets;
    ++other.counters_of((i < 5 ? "a" : "b") + std::to_string(i)).hits;
  }
  one.counters_of("full").sets = 2;
  other.counters_of("full").sets = 3;
  const std::string text = text_of({&one, &other});
  EXPECT_EQ(lines_of(text), 2 * limits::kMaxPrefixes - 5 + 2);
  EXPECT_NE(text.find("PREFIX a4 get 1 hit 1 set 0 del 0\r\n"), std::string::npos);
  EXPECT_NE(text.find("PREFIX %other get 0 hit 0 set 5 del 0\r\n"), std::string::npos);
}

// With any number of lines a slice, no line is left out, shown twice or out of order.
TEST(Prefixes, SlicesMakeNoDifference) {
  std::mt19937 random(1);
  std::array<PrefixStats, 3> shards;
  std::map<std::string, std::uint64_t> expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = std::to_string(random() % 300);
    ++shards[random() % shards.size()].counters_of(name).gets;
    ++expected[name];
  }
  std::string text;
  for (const auto& [name, gets] : expected) {
    text += "PREFIX " + name + " get " + std::to_string(gets) + " hit 0 set 0 del 0\r\n";
  }
  text += "END\r\n";
  for (const std::size_t most : {1U, 2U, 3U, 7U, 64U, 299U, 300U, 301U, 1000U}) {
    EXPECT_EQ(text_of({&shards[0], &shards[1], &shards[2]}, most), text) << most;
  }
}

std::string set_line(std::size_t length) {
  return "set p:a 0 0 " + std::to_string(length) + "\r\n";
}

// A value that comes in pieces takes another path than one that arrives at once.
TEST(Prefixes, LargeValuesCountOnceWhateverBecomesOfThem) {
  constexpr std::size_t kLarge = 200000;
  Settings settings;
  settings.detail_enabled = true;
  TestCore core(settings);
  const std::string value(kLarge, 'v');
  const auto ask_in_pieces = [&](std::size_t length, const std::string& data) {
    std::string reply = core.ask(set_line(length));
    for (std::size_t at = 0; at < data.size(); at += 50000)
      reply += core.ask(data.substr(at, 50000));
    return reply;
  };
  EXPECT_EQ(ask_in_pieces(kLarge, value + "\r\n"), "STORED\r\n");
  EXPECT_EQ(core.ask("stats detail dump\r\n"), "PREFIX p get 0 hit 0 set 1 del 0\r\nEND\r\n");
  EXPECT_EQ(ask_in_pieces(kLarge, value + "xx"), "CLIENT_ERROR bad data chunk\r\n");
  EXPECT_EQ(core.ask("stats detail dump\r\n"), "PREFIX p get 0 hit 0 set 2 del 0\r\nEND\r\n");
  const std::string too_large(2U << 20U, 'v');
  EXPECT_EQ(ask_in_pieces(too_large.size(), too_large + "\r\n"),
            "SERVER_ERROR object too large for cache\r\n");
  EXPECT_EQ(core.ask("stats detail dump\r\n"), "PREFIX p get 0 hit 0 set 3 del 0\r\nEND\r\n");
}

// The session then deletes the old item of the key. No client asked for that, so it does not count.
TEST(Prefixes, AnUploadForWhichMemoryRunsOutIsNoDelete) {
  Settings settings;
  settings.detail_enabled = true;
  StoreOptions options = TestCore::store_options();
  options.memory_limit = 2U << 20U;
  options.evict = false;
  TestCore core(settings, {}, options);
  const std::string value(900000, 'v');
  const std::string line = " 0 0 900000\r\n";
  EXPECT_EQ(core.ask("set q:a" + line + value + "\r\n"), "STORED\r\n");
  std::string reply = core.ask("set p:a" + line);
  for (std::size_t at = 0; at < value.size(); at += 1000) reply += core.ask(value.substr(at, 1000));
  reply += core.ask("\r\n");
  ASSERT_EQ(reply, "SERVER_ERROR out of memory storing object\r\n");
  EXPECT_EQ(core.ask("stats detail dump\r\n"),
            "PREFIX p get 0 hit 0 set 1 del 0\r\n"
            "PREFIX q get 0 hit 0 set 1 del 0\r\n"
            "END\r\n");
}

}  // namespace
}  // namespace isocache
