// The configuration file, the environment, and how they and the command line are merged.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/base/suggestion.h"
#include "native/base/traffic_log.h"
#include "native/cli/given.h"
#include "native/cli/parse_options.h"
#include "native/net/listener_set.h"

namespace isocache {
namespace {

TEST(ConfigText, NamesValuesCommentsAndSwitches) {
  const ReadLayer read = read_config_text(
      "# a comment\n"
      "  memory-limit=64\r\n"
      "unix-socket = /run/a#b   # behind a blank\n"
      "disable-cas\n"
      "verbose = 2\n"
      "disable-evictions = no\n"
      "extended = idle_timeout=5,no_maxconns_fast\n"
      "ssl_key = k.pem",
      "f");
  EXPECT_TRUE(read.errors.empty());
  ASSERT_EQ(read.layer.size(), 8U);
  EXPECT_EQ(read.layer[0].value, "64");
  EXPECT_EQ(read.layer[0].where, "f:2");
  EXPECT_EQ(read.layer[1].value, "/run/a#b");
  EXPECT_EQ(read.layer[2].times, 1U);
  EXPECT_EQ(read.layer[3].times, 2U);
  EXPECT_EQ(read.layer[4].times, 0U);
  EXPECT_EQ(read.layer[5].word->name, "idle_timeout");
  EXPECT_EQ(read.layer[6].word->name, "no_maxconns_fast");
  EXPECT_EQ(read.layer[7].value, "k.pem");
}

TEST(ConfigText, EveryFaultHasItsLine) {
  const ReadLayer read = read_config_text(
      "memorylimit = 3\n\nconfig = x\nport\ndisable-cas = perhaps\nport = 1\n"
      "extended = nonsense\nhelp\n",
      "f");
  ASSERT_EQ(read.errors.size(), 6U);
  EXPECT_EQ(read.errors[0], "f:1: 'memorylimit' is not known; did you mean memory-limit?");
  EXPECT_EQ(read.errors[1], "f:3: 'config' belongs on the command line");
  EXPECT_TRUE(read.errors[2].starts_with("f:4: port: needs a value"));
  EXPECT_TRUE(read.errors[3].starts_with("f:5: disable-cas: yes or no"));
  EXPECT_TRUE(read.errors[4].starts_with("f:7: "));
  EXPECT_TRUE(read.errors[5].starts_with("f:8: "));
  EXPECT_EQ(read.layer.size(), 1U);
}

TEST(ConfigText, AMissingEqualsSignAndAByteOrderMark) {
  const ReadLayer read =
      read_config_text("\xef\xbb\xbfport = 1\nmemory-limit 5\nidle_timeout\t6\nsome thing\n", "f");
  ASSERT_EQ(read.errors.size(), 3U);
  EXPECT_EQ(read.errors[0], "f:2: '=' is missing: memory-limit = 5");
  EXPECT_EQ(read.errors[1], "f:3: '=' is missing: idle_timeout = 6");
  EXPECT_TRUE(read.errors[2].starts_with("f:4: 'some thing' is not known"));
  ASSERT_EQ(read.layer.size(), 1U);
  EXPECT_EQ(read.layer[0].value, "1");
}

TEST(ConfigText, OnlyListsAreGivenTwice) {
  const ReadLayer read = read_config_text(
      "port = 1\nlisten = ::1\nlisten = 127.0.0.1\nhttp = 1\nhttp = 2\nport = 2\n"
      "extended = idle_timeout=1\nextended = maxconns_fast\nidle_timeout = 2\n",
      "f");
  EXPECT_EQ(read.errors, (std::vector<std::string>{"f:6: port is given already at f:1",
                                                   "f:9: idle_timeout is given already at f:7"}));
}

// Each line may name several files, and so may a variable.
TEST(ConfigText, AWordThatIsAListIsGivenTwice) {
  const ReadLayer read = read_config_text(
      "ext_path = /a:1g\next_path = /b:2g, /c:3g\nextended = ext_path=/d:4g\n"
      "ext_low_ttl = 1\next_low_ttl = 2\n",
      "f");
  EXPECT_EQ(read.errors, std::vector<std::string>{"f:5: ext_low_ttl is given already at f:4"});
  ASSERT_EQ(read.layer.size(), 6U);
  EXPECT_EQ(read.layer[1].value, "/b:2g");
  EXPECT_EQ(read.layer[2].value, "/c:3g");
  EXPECT_EQ(read.layer[2].where, "f:2");
  EXPECT_EQ(read.layer[3].value, "/d:4g");
}

TEST(Environment, WhatGuardsTheCacheMustNotBeEmpty) {
  const std::array<const char*, 6> environment = {
      "ISOCACHED_HTTP=",       "ISOCACHED_AUTH_FILE= ",      "ISOCACHED_SSL_KEY=",
      "ISOCACHED_ENABLE_SSL=", "ISOCACHED_SSL_VERIFY_MODE=", nullptr};
  const ReadLayer read = read_environment(environment.data());
  EXPECT_TRUE(read.layer.empty());
  EXPECT_EQ(
      read.errors,
      (std::vector<std::string>{
          "ISOCACHED_AUTH_FILE is empty; unset it to serve without passwords",
          "ISOCACHED_ENABLE_SSL is empty; unset it to serve without TLS",
          "ISOCACHED_SSL_VERIFY_MODE is empty; unset it to serve without clients' certificates"}));
}

TEST(Environment, SameNamesAndNotKubernetes) {
  const std::array<const char*, 8> environment = {"PATH=/bin",
                                                  "ISOCACHED_CONN_LIMIT=7",
                                                  "ISOCACHED_IDLE_TIMEOUT=9",
                                                  "ISOCACHED_THREADS=",
                                                  "ISOCACHED_PORT=tcp://10.0.0.1:11211",
                                                  "ISOCACHED_SERVICE_HOST=10.0.0.1",
                                                  "ISOCACHED_THREAD=2",
                                                  nullptr};
  const ReadLayer read = read_environment(environment.data());
  EXPECT_TRUE(read.errors.empty());
  ASSERT_EQ(read.layer.size(), 2U);
  EXPECT_EQ(read.layer[0].flag->name, "conn-limit");
  EXPECT_EQ(read.layer[1].word->name, "idle_timeout");
  ASSERT_EQ(read.warnings.size(), 1U);
  EXPECT_EQ(read.warnings[0],
            "ISOCACHED_THREAD is not known and has no effect; did you mean ISOCACHED_THREADS?");
}

Options parse(std::vector<std::string> words, const char* const* environment) {
  words.insert(words.begin(), "isocached");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_options(static_cast<int>(argv.size()), argv.data(), environment);
}

TEST(Layers, WhatAHigherOneNamesReplacesAllOfIt) {
  const std::array<const char*, 5> environment = {
      "ISOCACHED_LISTEN=127.0.0.2,127.0.0.3", "ISOCACHED_VERBOSE=2",
      "ISOCACHED_EXTENDED=maxconns_fast,idle_timeout=3", "ISOCACHED_DISABLE_CAS=yes", nullptr};
  const Options environment_only = parse({}, environment.data());
  EXPECT_EQ(environment_only.listen.size(), 2U);
  EXPECT_EQ(environment_only.settings.verbosity, 2U);
  EXPECT_FALSE(environment_only.settings.cas_enabled);
  const Options both =
      parse({"-l", "127.0.0.9", "-v", "-o", "no_maxconns_fast"}, environment.data());
  EXPECT_EQ(both.listen, std::vector<std::string>{"127.0.0.9"});
  EXPECT_EQ(both.settings.verbosity, 1U);
  EXPECT_FALSE(both.host.max_connections_fast);
  EXPECT_EQ(both.host.idle_timeout_s, 3U);
}

TEST(Layers, AVariableNamesSeveralFilesOfTheTier) {
  const std::array<const char*, 2> environment = {"ISOCACHED_EXT_PATH=/a:1g,/b:2g", nullptr};
  const std::vector<TierOptions::File> files = parse({}, environment.data()).tier.files;
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "/a");
  EXPECT_EQ(files[1].path, "/b");
  EXPECT_EQ(files[1].bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(parse({"-o", "ext_path=/c:1g"}, environment.data()).tier.files.size(), 1U);
  const std::array<const char*, 2> empty = {"ISOCACHED_EXT_PATH=,", nullptr};
  EXPECT_THROW(parse({}, empty.data()), ConfigError);
}

TEST(Layers, FaultsBelowTheCommandLineAreConfigErrors) {
  const std::array<const char*, 2> environment = {"ISOCACHED_THREADS=none", nullptr};
  EXPECT_THROW(parse({}, environment.data()), ConfigError);
  EXPECT_EQ(parse({"-t", "2"}, environment.data()).host.threads, 2U);  // it does not count
  EXPECT_THROW(parse({"--config", "/no/such/file"}, nullptr), ConfigError);
}

TEST(Suggestion, TheNearestOrNone) {
  const std::array<std::string_view, 4> known = {"port", "drain-delay", "idle_timeout", "threads"};
  EXPECT_EQ(nearest("prot", known), "port");
  EXPECT_EQ(nearest("drain_dely", known), "drain-delay");
  EXPECT_EQ(nearest("IDLE-TIMEOUT", known), "idle_timeout");
  EXPECT_EQ(nearest("something", known), "");
  const std::array<std::string_view, 2> near_ones = {"http", "help"};
  EXPECT_EQ(nearest("hlep", near_ones), "help");  // two letters swapped
  EXPECT_EQ(nearest("x", known), "");
}

TEST(TextLog, TrafficIsAscii) {
  testing::internal::CaptureStderr();
  log_traffic(Direction::kReceived, 7,
              "get \x9b"
              "2J\xe2\x80\xae\x1b~\x7f\r\nmore");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<7 get ?2J????~?\n");
}

std::string logged(Direction direction, std::initializer_list<std::string_view> reads) {
  testing::internal::CaptureStderr();
  TrafficLog log(direction, 7);
  for (const std::string_view bytes : reads) {
    log.add(bytes);
    log.print();
  }
  return testing::internal::GetCapturedStderr();
}

TEST(TrafficLog, EachCommandOfAReadWithoutValues) {
  EXPECT_EQ(logged(Direction::kReceived,
                   {"set k 0 0 7\r\nget\r\nmg\r\nget k\nms e 0\r\n\r\nset n 0 0 x\r\nmn\r\n"}),
            "<7 set k 0 0 7\n<7 get k\n<7 ms e 0\n<7 set n 0 0 x\n<7 mn\n");
}

TEST(TrafficLog, LinesAndValuesMayArriveInPieces) {
  EXPECT_EQ(logged(Direction::kReceived, {"se", "t k 0 0 5\r", "\nget", " a\r", "\nget b\r\n"}),
            "<7 set k 0 0 5\n<7 get b\n");
  testing::internal::CaptureStderr();
  TrafficLog log(Direction::kReceived, 7);
  log.add("ms k 1000\r\nsome");
  log.skip(996);
  log.add("\r\nmn\r\n");
  log.print();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<7 ms k 1000\n<7 mn\n");
}

TEST(TrafficLog, EachLineOfRepliesAndOneOfStats) {
  EXPECT_EQ(logged(Direction::kSent, {"VALUE k 0 3\r\nEND\r\nEND\r\nVA 2 t1\r\nHD\r\nHD\r\n"}),
            ">7 VALUE k 0 3\n>7 END\n>7 VA 2 t1\n>7 HD\n");
  EXPECT_EQ(logged(Direction::kSent, {"STAT a 1\r\nSTAT b 2\r\nEND\r\n"}), ">7 STAT a 1\n>7 END\n");
}

TEST(TrafficLog, ManyLinesAreCounted) {
  std::string pipeline;
  for (std::size_t i = 0; i < TrafficLog::kMostLines + 3; ++i) pipeline += "mn\r\n";
  const std::string text = logged(Direction::kReceived, {pipeline});
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ptrdiff_t{TrafficLog::kMostLines + 1});
  EXPECT_TRUE(text.ends_with("<7 (3 more lines)\n"));
}

TEST(JsonLog, OneObjectOfAnyBytes) {
  const LogEntry entry{.message = "a\"b\n\xff",
                       .level = LogLevel::kWarning,
                       .fields = {{"fd", std::uint64_t{7}}, {"received", true}}};
  const std::chrono::system_clock::time_point time(std::chrono::milliseconds(1'700'000'000'042));
  EXPECT_EQ(json_line(entry, time),
            "{\"time\":\"2023-11-14T22:13:20.042Z\",\"level\":\"warning\","
            "\"message\":\"a\\\"b\\n\xef\xbf\xbd\",\"fd\":7,\"received\":true}");
}

Listener listener_at(const char* address, bool tls) {
  Listener listener = std::move(listen_tcp({address, 0}, 1).front());
  listener.tls = tls;
  return listener;
}

TEST(Exposure, WhatOthersCanReachNeedsTlsAndWhoTheyAre) {
  Options options;
  const auto level = [&](const char* address, bool tls) {
    const auto entries = exposure(options, listener_at(address, tls));
    return entries.empty() ? -1 : static_cast<int>(entries[0].level);
  };
  constexpr int kNothing = -1;
  constexpr int kWarning = static_cast<int>(LogLevel::kWarning);
  EXPECT_EQ(level("127.0.0.5", false), kNothing);
  EXPECT_EQ(level("0.0.0.0", false), kWarning);
  EXPECT_EQ(level("0.0.0.0", true), kWarning);  // encrypted, for everybody
  options.tls.verify = TlsOptions::Verify::kRequire;
  EXPECT_EQ(level("0.0.0.0", true), kNothing);
  EXPECT_EQ(level("0.0.0.0", false), kWarning);
  options.auth_file = "users";
  EXPECT_EQ(level("0.0.0.0", false), kWarning);  // in clear
  EXPECT_EQ(level("0.0.0.0", true), kNothing);
}

}  // namespace
}  // namespace isocache
