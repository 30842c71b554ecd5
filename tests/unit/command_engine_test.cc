// The engine without a connection. tests/conformance tests what commands mean. This file tests the
// interface, and values that are too large for a transcript.
#include <gtest/gtest.h>

#include <string>

#include "command/engine.h"
#include "command/exptime.h"
#include "protocol/parser.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

std::string text_of(const Output& out) {
  std::string bytes;
  out.for_each_span([&](std::string_view span) { bytes.append(span); });
  return bytes;
}

TEST(Engine, ExecutesARequestMadeFromTokens) {
  TestCore core;
  Output out;
  const auto ask = [&](std::string_view verb, std::string_view flags, std::string_view value) {
    Request request;
    KeyBuffer key_buffer;
    EXPECT_TRUE(make_request(verb, "key", flags, value, key_buffer, request));
    request.key.hash = core.backend.hash(request.key.bytes);
    core.backend.engine().execute(request, core.clock.now_s, out);
  };
  ask("ms", "T60 F5", "value");
  ask("mg", "t f v", "");
  EXPECT_EQ(text_of(out), "HD\r\nVA 5 t60 f5\r\nvalue\r\n");
}

TEST(Engine, ExecutesARequestFilledInByHand) {
  TestCore core;
  Output out;
  Request store;
  store.key = Key{"k", core.backend.hash("k")};
  store.begin_store().value = "v";
  store.store.value_length = 1;
  Request get;
  get.begin_get();
  get.style = ReplyStyle::kMeta;
  get.flags.return_value = true;
  // without flag_text: it takes effect, but the reply does not show it
  get.flags.has_exptime = true;
  get.exptime = 100;
  get.key = store.key;
  Request both[] = {store, get};
  core.backend.engine().execute(both, core.clock.now_s, out);
  EXPECT_EQ(text_of(out), "STORED\r\nVA 1\r\nv\r\n");
  EXPECT_EQ(core.ask("mg k t\r\n"), "HD t100\r\n");
}

TEST(Exptime, IsRelativeAbsoluteNeverOrPast) {
  constexpr UnixSeconds kNow = 1800000000;
  EXPECT_EQ(expiry_time(0, kNow), 0U);
  EXPECT_EQ(expiry_time(60, kNow), kNow + 60);
  EXPECT_EQ(expiry_time(2592000, kNow), kNow + 2592000);
  EXPECT_EQ(expiry_time(kNow + 5, kNow), kNow + 5);
  EXPECT_EQ(expiry_time(-1, kNow), kNow - kPastS);
  EXPECT_EQ(expiry_time(2592001, kNow), kNow - kPastS);
  EXPECT_EQ(expiry_time(-1, 5), 1U);  // never 0, which would be "never"
  EXPECT_EQ(expiry_time(INT64_MAX, kNow), UINT32_MAX);
}

TEST(Engine, LargeValuesAreSentFromTheirSegmentsAndStayWhole) {
  TestCore core;
  const std::string first(300000, 'a');
  const std::string second(300000, 'b');
  ASSERT_EQ(core.ask("set k 0 0 300000\r\n" + first + "\r\n"), "STORED\r\n");
  core.session->feed("get k\r\n");
  std::size_t pins = 0;
  core.session->output().for_each_pin([&](Pin) { ++pins; });
  EXPECT_GE(pins, 300000 / limits::kSegmentBytes);
  // Another client overwrites the value while this reply waits to be sent.
  Session other(core.backend, core.clock, SessionOptions());
  other.feed("set k 0 0 300000\r\n" + second + "\r\n");
  EXPECT_EQ(text_of(other.output()), "STORED\r\n");
  EXPECT_EQ(core.drain(), "VALUE k 0 300000\r\n" + first + "\r\nEND\r\n");
  EXPECT_EQ(core.ask("get k\r\n"), "VALUE k 0 300000\r\n" + second + "\r\nEND\r\n");
  core.store.check_invariants();
}

// append and prepend copy between segments that eviction and updates in place would also use.
TEST(Engine, AppendAndPrependJoinValuesOfAllSizes) {
  TestCore core;
  std::string expected;
  const std::size_t lengths[] = {1, 0, 7, 1000, 30, 20000, 5, 70000, 200000, 1};
  std::size_t turn = 0;
  ASSERT_EQ(core.ask("set k 9 0 0\r\n\r\n"), "STORED\r\n");
  for (const std::size_t length : lengths) {
    const std::string part(length, static_cast<char>('a' + turn));
    const bool append = turn++ % 2 == 0;
    expected = append ? expected + part : part + expected;
    const std::string command = append ? "append k 0 0 " : "prepend k 0 0 ";
    ASSERT_EQ(core.ask(command + std::to_string(length) + "\r\n" + part + "\r\n"), "STORED\r\n");
    ASSERT_EQ(core.ask("get k\r\n"),
              "VALUE k 9 " + std::to_string(expected.size()) + "\r\n" + expected + "\r\nEND\r\n");
    core.store.check_invariants();
  }
}

TEST(Engine, ADelayedFlushComesInItsTime) {
  TestCore core;
  core.ask("set a 0 0 1\r\nx\r\n");
  EXPECT_EQ(core.ask("flush_all 10\r\n"), "OK\r\n");
  core.clock.now_s += 9;
  EXPECT_EQ(core.ask("mg a\r\n"), "HD\r\n");
  core.clock.now_s += 1;
  EXPECT_EQ(core.ask("mg a\r\n"), "EN\r\n");
  core.ask("set a 0 0 1\r\nx\r\n");
  core.clock.now_s += 100;
  EXPECT_EQ(core.ask("mg a\r\n"), "HD\r\n");  // once only
}

TEST(Engine, WithoutCasItIsZeroEverywhere) {
  Settings settings;
  settings.cas_enabled = false;
  TestCore core(settings);
  core.ask("set a 0 0 1\r\nx\r\n");
  EXPECT_EQ(core.ask("gets a\r\n"), "VALUE a 0 1 0\r\nx\r\nEND\r\n");
  EXPECT_EQ(core.ask("cas a 0 0 1 0\r\ny\r\n"), "EXISTS\r\n");
  EXPECT_EQ(core.ask("ms a 1 c E77\r\ny\r\n"), "HD c0\r\n");
}

TEST(Engine, CountsMissesByTheirReason) {
  TestCore core;
  core.ask("set a 0 5 1\r\nx\r\nset b 0 0 1\r\nx\r\nget a b c\r\n");
  core.clock.now_s += 5;
  core.ask("get a\r\nflush_all\r\nget b\r\n");
  const EngineCounters counters = core.backend.figures().engine;
  EXPECT_EQ(counters.cmd_get(), 5U);
  EXPECT_EQ(counters.sum_of_bands().get_hits, 2U);
  EXPECT_EQ(counters.get_misses, 3U);
  EXPECT_EQ(counters.get_expired, 1U);
  EXPECT_EQ(counters.get_flushed, 1U);
}

}  // namespace
}  // namespace isocache
