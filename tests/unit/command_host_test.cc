// Rows, pages and commands that a host registers work like the core's own, and stand in their
// place.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "unit/two_shards.h"

namespace isocache {
namespace {

// Two lines, in two slices.
class Lines : public ReplyStream {
 public:
  Next produce(Output& out, const Clock& /*clock*/) override {
    if (line_ == 2) {
      out.append("END\r\n");
      return Next::kEnd;
    }
    out.append(++line_ == 1 ? "STAT first 1\r\n" : "STAT second 2\r\n");
    return Next::kMore;
  }

 private:
  int line_ = 0;
};

TEST(Host, ItsStatisticsHaveTheirPlaceOrComeLast) {
  TwoShards target;
  target.registry.gauge("made_up", [] { return 7U; });
  target.registry.gauge("pid", [] { return 42U; });
  target.registry.gauge(
      "rusage_user", [] { return 7525U; }, 6);
  target.registry.text("libevent", "epoll");
  target.registry.counter("idle_kicks", [] { return 3U; });
  const std::string page = target.ask("stats");
  EXPECT_EQ(page.find("STAT pid 42\r\nSTAT uptime 0\r\n"), 0U);
  EXPECT_EQ(row_of(page, "libevent"), "epoll");
  EXPECT_EQ(row_of(page, "rusage_user"), "0.007525");
  EXPECT_NE(page.find("STAT auth_errors 0\r\nSTAT idle_kicks 3\r\nSTAT bytes_read 0\r\n"),
            std::string::npos);
  EXPECT_TRUE(page.ends_with("STAT made_up 7\r\nEND\r\n"));
}

TEST(Host, WithoutItsRowsTheTableSaysWhatIsShown) {
  TwoShards target;
  const std::string page = target.ask("stats");
  EXPECT_EQ(row_of(page, "threads"), "1");
  EXPECT_EQ(row_of(page, "rejected_connections"), "0");
  EXPECT_EQ(row_of(page, "idle_kicks"), "(none)");
  EXPECT_EQ(row_of(page, "ssl_handshake_errors"), "(none)");
  target.registry.counter("rejected_connections", [] { return 5U; });
  target.registry.hide("rejected_connections");
  EXPECT_EQ(row_of(target.ask("stats"), "rejected_connections"), "(none)");
  HostRows rows;
  target.registry.add_stats(TestCore::kStart, rows);
  EXPECT_EQ(rows.number("rejected_connections"), 5U);
}

TEST(Host, ResetClearsItsCountersAndNotItsGauges) {
  TwoShards target;
  std::uint64_t number = 10;
  target.registry.counter("bytes_read", [&] { return number; });
  target.registry.gauge("curr_connections", [&] { return number; });
  EXPECT_EQ(target.ask("stats reset"), "RESET\r\n");
  number = 13;
  const std::string page = target.ask("stats");
  EXPECT_EQ(row_of(page, "bytes_read"), "3");
  EXPECT_EQ(row_of(page, "curr_connections"), "13");
}

TEST(Host, ItsSettingsHaveTheirPlaceOrComeLast) {
  TwoShards target;
  target.registry.setting("made_up", "yes");
  target.registry.setting("tcpport", 11211U);
  target.registry.setting("ssl_enabled", "yes");
  const std::string page = target.ask("stats settings");
  EXPECT_NE(page.find("STAT maxconns 1024\r\nSTAT tcpport 11211\r\nSTAT udpport 0\r\n"),
            std::string::npos);
  EXPECT_NE(page.find("STAT ext_drop_unread no\r\nSTAT ssl_enabled yes\r\nSTAT num_napi_ids 0\r\n"),
            std::string::npos);
  EXPECT_TRUE(page.ends_with("STAT made_up yes\r\nEND\r\n"));
}

TEST(Host, ItsPagesComeInSlices) {
  TwoShards target;
  EXPECT_EQ(target.ask("stats made_up"), "ERROR\r\n");
  // memcached has this page, and this host does not
  EXPECT_EQ(target.ask("stats conns"), "END\r\n");
  target.registry.page("made_up", [] { return std::make_unique<Lines>(); });
  target.registry.page("conns", [] { return std::make_unique<Lines>(); });
  EXPECT_EQ(target.ask("stats made_up"), "STAT first 1\r\nSTAT second 2\r\nEND\r\n");
  EXPECT_EQ(target.slices, 2);
  EXPECT_EQ(target.ask("stats conns"), "STAT first 1\r\nSTAT second 2\r\nEND\r\n");
}

TEST(Host, ItsCommandsHaveTheirArguments) {
  TwoShards target;
  EXPECT_EQ(target.ask("refresh_certs"), "Error TLS not enabled\r\n");
  EXPECT_EQ(target.ask("made_up"), "ERROR\r\n");
  target.registry.command("refresh_certs", [](AdminCall& call) { call.reply("OK\r\n"); });
  target.registry.command("made_up", [](AdminCall& call) {
    call.reply(call.token(1));
    call.reply("\r\n");
  });
  EXPECT_EQ(target.ask("refresh_certs"), "OK\r\n");
  EXPECT_EQ(target.ask("made_up a b"), "b\r\n");
}

TEST(Host, HearsOfChangedSettings) {
  TwoShards target;
  unsigned verbosity = 0;
  target.registry.when_settings_change(
      [&](const Settings& settings) { verbosity = settings.verbosity; });
  target.ask("verbosity 2");
  EXPECT_EQ(verbosity, 2U);
}

#ifdef GTEST_HAS_DEATH_TEST
TEST(HostDeathTest, TwoThingsOfOneNameAreABug) {
  HostRegistry registry;
  registry.counter("row", [] { return 0U; });
  EXPECT_DEATH(registry.gauge("row", [] { return 0U; }), "");
  EXPECT_DEATH(registry.text("row", "x"), "");
  registry.setting("setting", 1U);
  EXPECT_DEATH(registry.setting("setting", "x"), "");
  registry.page("page", [] { return nullptr; });
  EXPECT_DEATH(registry.page("page", [] { return nullptr; }), "");
  registry.command("command", [](AdminCall&) {});
  EXPECT_DEATH(registry.command("command", [](AdminCall&) {}), "");
}
#endif

}  // namespace
}  // namespace isocache
