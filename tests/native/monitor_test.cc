// What `isocached top` makes of the lines of `watch` and of `stats`.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "native/monitor/event_line.h"
#include "native/monitor/tally.h"
#include "native/monitor/top_model.h"
#include "native/monitor/top_text.h"

namespace isocache {
namespace {

constexpr std::string_view kStamp = "ts=1795838148.140266 gid=1 ";

class Model : public testing::Test {
 protected:
  void get(std::string_view key, bool found, int client = 20) {
    add("type=item_get key=" + std::string(key) + " status=" + (found ? "found" : "not_found") +
        " clsid=1 cfd=" + std::to_string(client) + " size=3");
  }
  void set(std::string_view key, int client = 20) {
    get(key, false, client);
    add("type=item_store key=" + std::string(key) +
        " status=stored cmd=set ttl=0 clsid=1 cfd=" + std::to_string(client) + " size=3");
  }
  void add(const std::string& line) { model_.add_line(std::string(kStamp) + line); }
  Counts of(std::string_view name) const { return find(model_.keys(), name); }
  Counts of_prefix(std::string_view name) const { return find(model_.prefixes(), name); }
  static Counts find(const Tally& tally, std::string_view name) {
    for (const auto& [known, counts] : tally.top(tally.size())) {
      if (known == name) return counts;
    }
    return {};
  }

  TopModel model_{':'};
};

TEST(EventLine, ItsFields) {
  const EventLine get = parse_event_line(
      "ts=1.2 gid=14 type=item_get key=a%20b status=not_found clsid=0 cfd=20 size=0");
  EXPECT_EQ(get.type, EventLine::Type::kGet);
  EXPECT_EQ(get.key, "a%20b");
  EXPECT_EQ(get.status, "not_found");
  EXPECT_EQ(get.client, "20");
  const EventLine skipped = parse_event_line("skipped=6382");
  EXPECT_EQ(skipped.type, EventLine::Type::kSkipped);
  EXPECT_EQ(skipped.skipped, 6382U);
  for (const std::string_view line :
       {"", " ", "=", "nonsense", "type=", "type=conn_new rip=::1", "skipped", "a=b=c  d="}) {
    EXPECT_EQ(parse_event_line(line).type, EventLine::Type::kOther) << line;
  }
  EXPECT_EQ(parse_event_line("skipped=x").skipped, 0U);
}

TEST(EventLine, KeysForPeople) {
  EXPECT_EQ(readable_key("plain:1"), "plain:1");
  EXPECT_EQ(readable_key("a%2Fb%25"), "a/b%");
  EXPECT_EQ(readable_key("bin%00%FF%20key%1B"), "bin%00%FF%20key%1B");  // nothing a terminal obeys
  EXPECT_EQ(readable_key("%"), "%");
  EXPECT_EQ(readable_key("%4"), "%4");
  EXPECT_EQ(readable_key("%zz%4g"), "%zz%4g");
}

TEST_F(Model, GetsByKeyAndPrefix) {
  get("user:1", true);
  get("user:1", true);
  get("user:2", false);
  get("page%3A7", true);
  get("plain", false);
  EXPECT_EQ(of("user:1").lookups, 2);
  EXPECT_EQ(of("user:1").hits, 2);
  EXPECT_EQ(of_prefix("user").lookups, 3);
  EXPECT_EQ(of_prefix("user").hits, 2);
  EXPECT_EQ(of_prefix("page").hits, 1);
  EXPECT_EQ(of_prefix("(none)").lookups, 1);
  EXPECT_EQ(model_.seen(), 5U);
}

TEST_F(Model, TheLookupOfASetIsNoGet) {
  set("user:1");
  EXPECT_EQ(of("user:1").lookups, 0);
  EXPECT_EQ(of("user:1").stores, 1);
  get("user:1", true, 7);  // of somebody else, just before
  add("type=item_store key=user:1 status=stored cmd=set ttl=0 clsid=1 cfd=20 size=3");
  EXPECT_EQ(of("user:1").lookups, 1);
  get("user:1", true);
  add("type=deleted key=user:1 cmd=delete clsid=1 size=2");
  EXPECT_EQ(of("user:1").lookups, 1);
  EXPECT_EQ(of("user:1").hits, 1);
  add("type=item_store key=user:1 status=not_stored cmd=add ttl=0 clsid=1 cfd=20 size=3");
  EXPECT_EQ(of("user:1").stores, 2);
}

TEST_F(Model, EvictionsAndWhatWasSkipped) {
  add("type=eviction key=user:1 fetch=no ttl=-1 la=0 clsid=1 size=3");
  add("type=extwrite key=user:2 fetch=no ttl=-1 la=0 clsid=1 bucket=0");
  model_.add_line("skipped=40");
  EXPECT_EQ(of_prefix("user").evictions, 1);
  EXPECT_EQ(model_.skipped(), 40U);
  EXPECT_EQ(model_.all().evictions, 1);
}

TEST_F(Model, Rates) {
  model_.add_stats({{"cmd_get", "100"}, {"get_hits", "50"}, {"get_misses", "50"}}, 0);
  EXPECT_EQ(model_.rate("cmd_get"), 0);
  EXPECT_LT(model_.hit_ratio(), 0);
  model_.add_stats({{"cmd_get", "300"}, {"get_hits", "200"}, {"get_misses", "100"}}, 2);
  EXPECT_EQ(model_.rate("cmd_get"), 100);
  EXPECT_EQ(model_.hit_ratio(), 0.75);
  EXPECT_EQ(model_.rate("no_such_row"), 0);
  EXPECT_EQ(model_.text("no_such_row"), "?");
  model_.add_stats({{"cmd_get", "1"}}, 1);  // after `stats reset`
  EXPECT_EQ(model_.rate("cmd_get"), 0);
}

TEST(Tally, KeepsTheFrequentOnes) {
  Tally tally(100);
  for (int round = 0; round < 200; ++round) {
    for (int hot = 0; hot < 5; ++hot) ++tally["hot" + std::to_string(hot)].lookups;
    for (int cold = 0; cold < 50; ++cold) {
      ++tally["cold" + std::to_string(round * 50 + cold)].lookups;
    }
    EXPECT_LE(tally.size(), 100U);
  }
  for (const auto& [name, counts] : tally.top(5)) {
    EXPECT_TRUE(name.starts_with("hot")) << name;
    EXPECT_GE(counts.lookups, 150);
  }
  tally.scale(0.001);
  EXPECT_EQ(tally.size(), 5U);
}

TEST_F(Model, Text) {
  for (int i = 0; i < 3; ++i) get("user:1", true);
  get("session:a%1Bb", false);
  model_.add_stats({{"uptime", "93784"},
                    {"curr_connections", "12"},
                    {"bytes", "33554432"},
                    {"limit_maxbytes", "67108864"},
                    {"curr_items", "1234567"}},
                   0);
  std::string text;
  for (const TopLine& line : top_lines(model_, "127.0.0.1:11211", {.columns = 80, .lines = 0})) {
    EXPECT_LE(line.text.size(), 80U) << line.text;
    text += line.text + "\n";
  }
  EXPECT_NE(text.find("127.0.0.1:11211  up 1d 2h  clients 12\n"), std::string::npos) << text;
  EXPECT_NE(text.find("memory 32.0 of 64.0 MB  items 1,234,567 "), std::string::npos) << text;
  EXPECT_NE(text.find("4 events seen, 0 skipped (100.0% of all)"), std::string::npos) << text;
  EXPECT_NE(text.find("75.0%         3  100.0%"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
}

TEST_F(Model, FitsAnyTerminal) {
  for (int i = 0; i < 300; ++i) get("p" + std::to_string(i) + ":" + std::string(200, 'k'), true);
  for (const std::size_t lines : {1U, 2U, 5U, 9U, 24U, 200U}) {
    for (const std::size_t columns : {1U, 20U, 80U, 300U}) {
      const auto shown = top_lines(model_, "x", {.columns = columns, .lines = lines});
      EXPECT_LE(shown.size(), lines);
      for (const TopLine& line : shown) {
        if (columns >= 80) {
          EXPECT_LE(line.text.size(), columns);
        }
      }
    }
  }
}

}  // namespace
}  // namespace isocache
