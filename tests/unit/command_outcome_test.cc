// The outcomes of commands, and that a protocol can be added without a change to a command: the
// tests word outcomes in a third way, which only this file knows.
#include <gtest/gtest.h>

#include <string>

#include "command/engine.h"
#include "command/value_output.h"
#include "protocol/parser.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

std::string text_of(const Output& out) {
  std::string bytes;
  out.for_each_span([&](std::string_view span) { bytes.append(span); });
  return bytes;
}

// Like a binary protocol's reply: a status, the number of extra bytes, the cas, the value.
class PackedWording {
 public:
  PackedWording(const Request& request, Output& out) : request_(request), out_(out) {}

  void operator()(const GetOutcome& outcome) const {
    if (!outcome.found()) return say(1, 0, 0);
    say(0, outcome.item.client_flags(), outcome.item.cas());
    out_.append(" key=");
    out_.append(request_.key.bytes);
    out_.append(" value=");
    append_value(outcome, request_, kNoEnd, out_);
  }
  void operator()(const StoreOutcome& outcome) const {
    say(static_cast<unsigned>(outcome.status), 0, outcome.cas);
  }
  void operator()(const DeleteOutcome& outcome) const {
    say(static_cast<unsigned>(outcome.status), 0, outcome.cas);
  }
  void operator()(const ArithmeticOutcome& outcome) const {
    say(static_cast<unsigned>(outcome.status), 0, outcome.cas);
    out_.append(" number=" + std::to_string(outcome.number));
  }
  void operator()(const TouchOutcome& outcome) const { say(outcome.found ? 0 : 1, 0, outcome.cas); }
  void operator()(const DebugOutcome& outcome) const {
    if (!outcome.item) return say(1, 0, 0);
    say(0, outcome.item.client_flags(), outcome.item.cas());
  }

 private:
  void say(unsigned status, std::uint32_t client_flags, std::uint64_t cas) const {
    out_.append("status=" + std::to_string(status) + " flags=" + std::to_string(client_flags) +
                (cas != 0 ? " cas" : ""));
  }

  const Request& request_;
  Output& out_;
};

class OutcomeTest : public ::testing::Test {
 protected:
  // Executes a request and words it the third way.
  std::string packed(Request& request, std::string_view key = "k") {
    request.key = Key{key, core_.backend.hash(key)};
    Output out;
    const PackedWording wording(request, out);
    EXPECT_TRUE(core_.backend.engine().execute(request, core_.clock.now_s, out, wording));
    std::string bytes = text_of(out);
    core_.backend.release(out);
    return bytes;
  }
  // Executes a meta get and passes its outcome to `look`.
  template <typename Look>
  void get(std::string_view flags, Look&& look) {
    Request request;
    KeyBuffer key_buffer;
    ASSERT_TRUE(make_request("mg", "k", flags, "", key_buffer, request));
    request.key.hash = core_.backend.hash("k");
    Output out;
    core_.backend.engine().execute(request, core_.clock.now_s, out, [&](const auto& outcome) {
      if constexpr (std::is_same_v<decltype(outcome), const GetOutcome&>) look(outcome);
    });
    EXPECT_TRUE(out.empty());  // a command writes nothing by itself
  }
  UnixSeconds now_s() const { return core_.clock.now_s; }

  TestCore core_;
};

TEST_F(OutcomeTest, AThirdWordingNeedsNothingOfACommand) {
  Request get;
  get.begin_get();
  EXPECT_EQ(packed(get), "status=1 flags=0");

  Request set;
  set.client_flags = 5;
  set.begin_store().value = "12";
  set.store.value_length = 2;
  EXPECT_EQ(packed(set), "status=0 flags=0 cas");
  EXPECT_EQ(packed(get), "status=0 flags=5 cas key=k value=12");

  Request incr;
  incr.begin_arithmetic().delta = 30;
  EXPECT_EQ(packed(incr), "status=0 flags=0 cas number=42");

  Request touch;
  touch.verb = Verb::kTouch;
  touch.exptime = 60;
  EXPECT_EQ(packed(touch), "status=0 flags=0 cas");
  EXPECT_EQ(core_.ask("mg k t\r\n"), "HD t60\r\n");

  Request debug;
  debug.verb = Verb::kDebug;
  EXPECT_EQ(packed(debug), "status=0 flags=5 cas");

  Request remove;
  remove.verb = Verb::kDelete;
  EXPECT_EQ(packed(remove), "status=0 flags=0");
  EXPECT_EQ(packed(remove), "status=1 flags=0");
  EXPECT_EQ(packed(touch), "status=1 flags=0");
}

TEST_F(OutcomeTest, AThirdWordingSendsLargeValuesFromTheirSegments) {
  const std::string value(200'000, 'v');
  ASSERT_EQ(core_.ask("set k 0 0 200000\r\n" + value + "\r\n"), "STORED\r\n");
  Request get;
  get.begin_get();
  EXPECT_EQ(packed(get), "status=0 flags=0 cas key=k value=" + value);
}

TEST_F(OutcomeTest, AGetKnowsTheExptimeBeforeAndAfter) {
  core_.ask("set k 0 100 1\r\nx\r\n");
  core_.clock.now_s += 10;
  get("t T30", [&](const GetOutcome& outcome) {
    EXPECT_EQ(outcome.exptimes.before, now_s() + 90);
    EXPECT_EQ(outcome.exptimes.after_exptime, now_s() + 30);
    EXPECT_EQ(outcome.item.exptime(), now_s() + 30);
    EXPECT_EQ(outcome.last_access_before, now_s() - 10);
    EXPECT_FALSE(outcome.fetched_before());
  });
  EXPECT_EQ(core_.ask("mg k t T60 h l\r\nmg k T90 t\r\n"), "HD t30 h1 l0\r\nHD t90\r\n");
}

TEST_F(OutcomeTest, TheLastOfExptimeAndVivifyDecides) {
  const struct {
    const char* flags;
    const char* reply;
    const char* after;
  } cases[] = {
      {"mg k T60 t N90", "HD t60 W\r\n", "HD t90 Z\r\n"},
      {"mg k T60 N90 t", "HD t90 W\r\n", "HD t90 Z\r\n"},
      {"mg k N90 t T60", "HD t90 W\r\n", "HD t60 Z\r\n"},
      {"mg k t N90 T60", "HD t-1 W\r\n", "HD t60 Z\r\n"},
      {"ma k T60 t N90", "HD t60\r\n", "HD t90\r\n"},
      {"ma k N90 T60 t", "HD t60\r\n", "HD t60\r\n"},
      {"ma k t N90 T60", "HD t-1\r\n", "HD t60\r\n"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(core_.ask(std::string(test.flags) + "\r\n"), test.reply) << test.flags;
    EXPECT_EQ(core_.ask("mg k t\r\n"), test.after) << test.flags;
    core_.ask("delete k\r\n");
  }
}

TEST_F(OutcomeTest, OneClientWinsARecache) {
  core_.ask("set k 0 100 1\r\nx\r\n");
  get("R30", [](const GetOutcome& outcome) { EXPECT_FALSE(outcome.won); });
  get("R200 T300", [](const GetOutcome& outcome) { EXPECT_TRUE(outcome.won); });
  get("T10 R200", [](const GetOutcome& outcome) {
    EXPECT_FALSE(outcome.won);
    EXPECT_TRUE(outcome.win_was_sent());
  });
}

// R compares with the exptime at its own position among the flags.
TEST_F(OutcomeTest, ARecacheBehindAnExptimeSeesTheNewOne) {
  core_.ask("set k 0 100 1\r\nx\r\n");
  EXPECT_EQ(core_.ask("mg k T300 R200\r\n"), "HD\r\n");
  EXPECT_EQ(core_.ask("mg k T100 R200\r\n"), "HD W\r\n");
}

TEST_F(OutcomeTest, TextGetsTakeNoPartInAWin) {
  core_.ask("set k 0 0 1\r\nx\r\nmd k I\r\nget k\r\n");
  EXPECT_EQ(core_.ask("mg k\r\n"), "HD X W\r\n");
}

TEST_F(OutcomeTest, WhatStandsBeforeAnOpaqueThatIsTooLongActs) {
  const std::string opaque(33, 'O');
  const std::string error = "CLIENT_ERROR opaque token too long\r\n";
  core_.ask("set k 0 100 1\r\n1\r\n");
  EXPECT_EQ(core_.ask("mg k T30 " + opaque + " v q\r\n"), error);
  EXPECT_EQ(core_.ask("mg k t u h\r\n"), "HD t30 h0\r\n");  // this does not count as a read
  EXPECT_EQ(core_.ask("mg k " + opaque + " T60 R900\r\n"), error);
  EXPECT_EQ(core_.ask("mg k t u\r\n"), "HD t30\r\n");
  EXPECT_EQ(core_.ask("ma k T40 " + opaque + "\r\n"), error);
  EXPECT_EQ(core_.ask("ma k " + opaque + " T60\r\n"), error);
  EXPECT_EQ(core_.ask("mg k t v\r\n"), "VA 1 t40\r\n3\r\n");
  EXPECT_EQ(core_.ask("mg new " + opaque + " N60\r\n"), error);
  EXPECT_EQ(core_.ask("mg new t\r\n"), "HD t-1\r\n");  // created, but N did not set its exptime
}

}  // namespace
}  // namespace isocache
