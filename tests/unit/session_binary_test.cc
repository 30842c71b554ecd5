// The binary protocol over a session: replies, quiet forms, fragments, uploads, logins.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/binary_frames.h"
#include "unit/core_fixture.h"
#include "unit/late_session.h"

namespace isocache::binary {
namespace {

constexpr std::size_t kLarge = 100'000;
constexpr std::uint32_t kNoExptime = 0;
constexpr std::uint32_t kDoNotCreate = 0xFFFFFFFF;

class BinarySession : public testing::Test {
 protected:
  std::vector<Reply> ask(const std::string& bytes) { return parse_replies(core.ask(bytes)); }
  // The only reply.
  Reply ask_one(const std::string& bytes) {
    const std::vector<Reply> replies = ask(bytes);
    EXPECT_EQ(replies.size(), 1U);
    return replies.empty() ? Reply{} : replies.front();
  }
  Status status(const std::string& bytes) { return ask_one(bytes).status; }
  std::string text(std::string_view line) {
    TestCore other;
    Session session(core.backend, core.clock, {});
    session.feed(line);
    return take_output(session, core.backend);
  }

  TestCore core;
};

TEST_F(BinarySession, AReplyRepeatsOpcodeAndOpaque) {
  const Reply stored = ask_one(
      frame(Opcode::kSet,
            {.key = "k", .value = "value", .extras = store_extras(7), .opaque = 0x01020304}));
  EXPECT_EQ(stored.opcode, Opcode::kSet);
  EXPECT_EQ(stored.opaque, 0x01020304U);
  EXPECT_EQ(stored.status, Status::kOk);
  EXPECT_NE(stored.cas, 0U);
  const Reply got = ask_one(frame(Opcode::kGetK, {.key = "k", .opaque = 5}));
  EXPECT_EQ(got.opcode, Opcode::kGetK);
  EXPECT_EQ(got.opaque, 5U);
  EXPECT_EQ(got.cas, stored.cas);
  EXPECT_EQ(got.extras, number_bytes(7U));
  EXPECT_EQ(got.key, "k");
  EXPECT_EQ(got.value, "value");
  EXPECT_EQ(ask_one(get_frame("k")).key, "");
  EXPECT_EQ(text("get k\r\n"), "VALUE k 7 5\r\nvalue\r\nEND\r\n");
}

TEST_F(BinarySession, MissesAreToldInWordsOrByTheKey) {
  const Reply miss = ask_one(get_frame("k"));
  EXPECT_EQ(miss.status, Status::kNotFound);
  EXPECT_EQ(miss.value, "Not found");
  const Reply with_key = ask_one(frame(Opcode::kGetK, {.key = "k"}));
  EXPECT_EQ(with_key.status, Status::kNotFound);
  EXPECT_EQ(with_key.key, "k");
  EXPECT_EQ(with_key.value, "");
  EXPECT_EQ(status(frame(Opcode::kDelete, {.key = "k"})), Status::kNotFound);
  EXPECT_EQ(status(frame(Opcode::kTouch, {.key = "k", .extras = number_bytes(0U)})),
            Status::kNotFound);
}

TEST_F(BinarySession, QuietFormsSayOnlyWhatIsUnexpected) {
  const std::string four = number_bytes(0U);
  const std::string quiet =
      frame(Opcode::kGetQ, {.key = "k"}) + frame(Opcode::kGatKQ, {.key = "k", .extras = four}) +
      frame(Opcode::kSetQ, {.key = "n", .value = "1", .extras = store_extras()}) +
      frame(Opcode::kAddQ, {.key = "a", .extras = store_extras()}) +
      frame(Opcode::kReplaceQ, {.key = "a", .extras = store_extras()}) +
      frame(Opcode::kAppendQ, {.key = "a", .value = "x"}) +
      frame(Opcode::kPrependQ, {.key = "a", .value = "y"}) +
      frame(Opcode::kIncrementQ, {.key = "n", .extras = number_extras(1, 0, kNoExptime)}) +
      frame(Opcode::kDeleteQ, {.key = "a"}) + frame(Opcode::kFlushQ);
  EXPECT_EQ(ask_one(quiet + frame(Opcode::kNoop, {.opaque = 3})).opaque, 3U);
  core.ask(set_frame("k", "v"));
  const std::vector<Reply> loud =
      ask(frame(Opcode::kGetQ, {.key = "k"}) + frame(Opcode::kDeleteQ, {.key = "a"}) +
          frame(Opcode::kAddQ, {.key = "k", .extras = store_extras()}) +
          frame(Opcode::kAppendQ, {.key = "a", .value = "x"}) +
          frame(Opcode::kIncrementQ, {.key = "k", .extras = number_extras(1, 0, kNoExptime)}));
  ASSERT_EQ(loud.size(), 5U);
  EXPECT_EQ(loud[0].value, "v");
  EXPECT_EQ(loud[1].status, Status::kNotFound);
  EXPECT_EQ(loud[2].status, Status::kExists);
  EXPECT_EQ(loud[3].status, Status::kNotStored);
  EXPECT_EQ(loud[4].status, Status::kNonNumeric);
}

TEST_F(BinarySession, ConditionsHaveStatuses) {
  EXPECT_EQ(status(frame(Opcode::kReplace, {.key = "k", .extras = store_extras()})),
            Status::kNotFound);
  EXPECT_EQ(status(frame(Opcode::kAppend, {.key = "k", .value = "x"})), Status::kNotStored);
  EXPECT_EQ(status(set_frame("k", "v", 9)), Status::kNotFound);
  const std::uint64_t cas = ask_one(set_frame("k", "v")).cas;
  EXPECT_EQ(status(frame(Opcode::kAdd, {.key = "k", .extras = store_extras()})), Status::kExists);
  EXPECT_EQ(status(set_frame("k", "v", cas + 1)), Status::kExists);
  EXPECT_EQ(status(frame(Opcode::kAppend, {.key = "k", .value = "x", .cas = cas + 1})),
            Status::kExists);
  EXPECT_EQ(status(frame(Opcode::kDelete, {.key = "k", .cas = cas + 1})), Status::kExists);
  EXPECT_EQ(status(frame(Opcode::kDelete, {.key = "k", .cas = cas})), Status::kOk);
  const Reply large = ask_one(set_frame("k", std::string((1U << 20) + 1, 'v')));
  EXPECT_EQ(large.status, Status::kTooLarge);
  EXPECT_EQ(large.value, "Too large.");
}

TEST_F(BinarySession, NumbersComeInBinaryAndAreStoredAsText) {
  EXPECT_EQ(
      status(frame(Opcode::kIncrement, {.key = "n", .extras = number_extras(1, 5, kDoNotCreate)})),
      Status::kNotFound);
  const std::string incr =
      frame(Opcode::kIncrement, {.key = "n", .extras = number_extras(4, 96, kNoExptime)});
  EXPECT_EQ(ask_one(incr).value, number_bytes(std::uint64_t{96}));
  const Reply hundred = ask_one(incr);
  EXPECT_EQ(hundred.value, number_bytes(std::uint64_t{100}));
  EXPECT_EQ(hundred.cas, ask_one(get_frame("n")).cas);
  const std::string decr =
      frame(Opcode::kDecrement, {.key = "n", .extras = number_extras(1, 0, kNoExptime)});
  EXPECT_EQ(ask_one(decr).value, number_bytes(std::uint64_t{99}));
  EXPECT_EQ(ask_one(get_frame("n")).value, "99 ");
}

TEST_F(BinarySession, TouchAndGatSetTheExptime) {
  core.ask(set_frame("k", "v"));
  const Reply touched = ask_one(frame(Opcode::kTouch, {.key = "k", .extras = number_bytes(10U)}));
  EXPECT_EQ(touched.extras, number_bytes(0U));
  EXPECT_EQ(touched.value, "");
  EXPECT_NE(touched.cas, 0U);
  EXPECT_EQ(text("mg k t\r\n"), "HD t10\r\n");
  EXPECT_EQ(ask_one(frame(Opcode::kGat, {.key = "k", .extras = number_bytes(20U)})).value, "v");
  EXPECT_EQ(text("mg k t\r\n"), "HD t20\r\n");
}

TEST_F(BinarySession, FlushHasADelay) {
  core.ask(set_frame("k", "v"));
  EXPECT_EQ(status(frame(Opcode::kFlush, {.extras = number_bytes(5U)})), Status::kOk);
  EXPECT_EQ(status(get_frame("k")), Status::kOk);
  core.clock.now_s += 6;
  EXPECT_EQ(status(get_frame("k")), Status::kNotFound);
  core.ask(set_frame("k", "v"));
  EXPECT_EQ(status(frame(Opcode::kFlush)), Status::kOk);
  EXPECT_EQ(status(get_frame("k")), Status::kNotFound);
}

TEST_F(BinarySession, WhatTheOperatorForbids) {
  Settings settings;
  settings.flush_enabled = settings.dump_enabled = false;
  TestCore strict(settings);
  EXPECT_EQ(parse_replies(strict.ask(frame(Opcode::kFlush)))[0].status, Status::kAuthError);
  EXPECT_EQ(parse_replies(strict.ask(frame(Opcode::kStat, {.key = "detail dump"})))[0].status,
            Status::kAuthError);
}

TEST_F(BinarySession, StatsAreRowsAndAnEmptyOne) {
  core.ask(set_frame("user:1", "v"));
  for (const char* page : {"", "settings", "items", "slabs", "sizes", "reset", "detail on"}) {
    const std::vector<Reply> rows = ask(frame(Opcode::kStat, {.key = page, .opaque = 8}));
    ASSERT_FALSE(rows.empty()) << page;
    EXPECT_TRUE(rows.back().key.empty() && rows.back().value.empty()) << page;
    for (const Reply& row : rows) EXPECT_EQ(row.opaque, 8U);
    const bool has_rows =
        std::string_view(page) != "reset" && std::string_view(page) != "detail on";
    EXPECT_EQ(rows.size() > 1, has_rows) << page;
  }
  core.ask(get_frame("user:1") + get_frame("user:2") +
           frame(Opcode::kTouch, {.key = "user:1", .extras = number_bytes(0U)}) +
           frame(Opcode::kDelete, {.key = "user:1"}));
  const std::vector<Reply> detail = ask(frame(Opcode::kStat, {.key = "detail dump"}));
  ASSERT_EQ(detail.size(), 2U);
  EXPECT_EQ(detail[0].key, "detailed");
  EXPECT_EQ(detail[0].value, "PREFIX user get 3 hit 2 set 0 del 1\r\nEND\r\n");
  EXPECT_EQ(status(frame(Opcode::kStat, {.key = "conns"})), Status::kNotFound);
  const std::vector<Reply> general = ask(frame(Opcode::kStat));
  const auto version = std::find_if(general.begin(), general.end(),
                                    [](const Reply& row) { return row.key == "version"; });
  ASSERT_NE(version, general.end());
  EXPECT_EQ(version->value, ask_one(frame(Opcode::kVersion)).value);
}

// Counts how often somebody looks at the prefixes.
class CountedLooks : public SingleBackend {
 public:
  using SingleBackend::SingleBackend;
  void add_prefixes(PrefixSlice& slice) override {
    ++looks;
    SingleBackend::add_prefixes(slice);
  }
  int looks = 0;
};

TEST_F(BinarySession, ALongDumpOfPrefixesComesInFramesOfWholeLines) {
  CountedLooks backend(core.store, {}, TestCore::store_options().hash_key, TestCore::kStart);
  Session session(backend, core.clock, {});
  session.feed(frame(Opcode::kStat, {.key = "detail on"}));
  take_output(session, backend);
  constexpr int kPrefixes = 4000;
  for (int i = 0; i < kPrefixes; ++i) {
    session.feed(frame(Opcode::kGetQ, {.key = std::string(20, 'p') + std::to_string(i) + ":"}));
  }
  session.feed(frame(Opcode::kStat, {.key = "detail dump", .opaque = 4}) +
               frame(Opcode::kNoop, {.opaque = 5}));
  std::string bytes;
  std::size_t most = 0;
  for (;; session.resume()) {
    most = std::max(most, session.output().size());
    bytes += take_output(session, backend);
    if (!session.wants_turn()) break;
  }
  EXPECT_LT(most, 2 * limits::kDefaultOutputTextBytes) << "what an unread reply may hold";
  EXPECT_LT(backend.looks, 30);
  std::vector<Reply> frames = parse_replies(bytes);
  ASSERT_GE(frames.size(), 4U);
  EXPECT_EQ(frames.back().opaque, 5U);
  frames.pop_back();
  EXPECT_TRUE(frames.back().key.empty() && frames.back().value.empty());
  frames.pop_back();
  std::string page;
  for (const Reply& part : frames) {
    EXPECT_EQ(part.opaque, 4U);
    EXPECT_EQ(part.key, "detailed");
    EXPECT_TRUE(part.value.ends_with("\r\n"));
    page += part.value;
  }
  EXPECT_EQ(std::count(page.begin(), page.end(), '\n'), kPrefixes + 1);
  EXPECT_TRUE(page.ends_with("END\r\n"));
}

TEST_F(BinarySession, QuitAnswersAndQuitqDoesNot) {
  EXPECT_EQ(status(frame(Opcode::kQuit)), Status::kOk);
  EXPECT_TRUE(core.session->closing());
  core.connect();
  EXPECT_EQ(core.ask(frame(Opcode::kQuitQ) + get_frame("k")), "");
  EXPECT_TRUE(core.session->closing());
}

TEST_F(BinarySession, WhatIsNoFrameEndsIt) {
  EXPECT_EQ(ask(frame(Opcode::kNoop) + "get k\r\n").size(), 1U);
  EXPECT_TRUE(core.session->closing());
  core.connect();
  EXPECT_EQ(ask(frame(Opcode::kGet) + get_frame("k")).size(), 1U);
  EXPECT_TRUE(core.session->closing());
}

TEST_F(BinarySession, AnyKeyIsSafeInTheTextProtocol) {
  const std::string key("a b\r\n\0", 6);
  core.ask(set_frame(key, "v"));
  EXPECT_EQ(ask_one(get_frame(key)).value, "v");
  EXPECT_EQ(text("mg YSBiDQoA b k v\r\n"), "VA 1 kYSBiDQoA b\r\nv\r\n");
  core.ask(set_frame("plain", "v"));
  EXPECT_EQ(text("mg plain k\r\n"), "HD kplain\r\n");
}

// Requests of every kind, with one at the end that closes.
std::string mixed_frames() {
  return set_frame("k", "value") + get_frame("k") + frame(Opcode::kGetKQ, {.key = "nope"}) +
         set_frame("big", std::string(20'000, 'b')) + frame(Opcode::kGetK, {.key = "big"}) +
         frame(static_cast<Opcode>(0x55), {.value = "skipped"}) +
         frame(Opcode::kIncrement, {.key = "n", .extras = number_extras(1, 7, 0)}) +
         frame(Opcode::kStat, {.key = "sizes"}) + frame(Opcode::kNoop) +
         frame(Opcode::kGet, {.key = std::string(251, 'k')});
}

TEST_F(BinarySession, EverySplitIsTheSame) {
  const std::string input = mixed_frames();
  const std::string expected = core.ask(input);
  EXPECT_EQ(parse_replies(expected).size(), 10U);
  for (const std::size_t piece : {1U, 2U, 7U, 23U, 24U, 25U, 1000U}) {
    TestCore other;
    std::string replies;
    for (std::size_t at = 0; at < input.size(); at += piece) {
      replies += other.ask(std::string_view(input).substr(at, piece));
    }
    EXPECT_EQ(replies, expected) << piece;
    EXPECT_TRUE(other.session->closing());
    EXPECT_EQ(other.session->buffered(), 0U);
  }
}

TEST_F(BinarySession, LargeValuesGoStraightIntoItemMemory) {
  const std::string value = std::string(kLarge - 5, 'v') + "12345";
  const std::string whole = set_frame("k", value);
  core.session->feed(std::string_view(whole).substr(0, whole.size() - kLarge + 1000));
  EXPECT_EQ(core.session->buffered(), 0U);
  std::size_t at = 1000;
  for (std::span<char> window; !(window = core.session->upload_window()).empty();) {
    const std::size_t bytes = std::min<std::size_t>(window.size(), 777);
    std::memcpy(window.data(), value.data() + at, bytes);
    core.session->upload_received(bytes);
    at += bytes;
  }
  EXPECT_EQ(at, kLarge);
  EXPECT_EQ(core.drain(), "");
  EXPECT_TRUE(core.session->wants_turn());  // nothing has to follow the value
  core.session->resume();
  EXPECT_EQ(parse_replies(core.drain())[0].status, Status::kOk);
  EXPECT_TRUE(ask_one(get_frame("k")).value == value);
  core.store.check_invariants();
}

TEST_F(BinarySession, OutputLimitsStopAPipeline) {
  core.ask(set_frame("k", std::string(3000, 'v')));
  std::string pipeline;
  for (int i = 0; i < 100; ++i) pipeline += get_frame("k");
  core.session->feed(pipeline);
  EXPECT_TRUE(core.session->wants_turn());
  EXPECT_LT(core.session->output().size(), 150'000U);
  std::string replies = core.drain();
  while (core.session->wants_turn()) {
    core.session->resume();
    replies += core.drain();
  }
  EXPECT_EQ(parse_replies(replies).size(), 100U);
}

TEST(BinaryChoice, TheFirstByteDecidesAndOtherProtocolsAreClosed) {
  const std::string noop = frame(Opcode::kNoop);
  for (const auto& [protocols, bytes, spoken] :
       {std::tuple(Protocols::kAny, noop, true),
        std::tuple(Protocols::kAny, std::string("mn\r\n"), true),
        std::tuple(Protocols::kText, noop, false), std::tuple(Protocols::kBinary, noop, true),
        std::tuple(Protocols::kBinary, std::string("mn\r\n"), false)}) {
    SessionOptions options;
    options.protocols = protocols;
    TestCore core({}, options);
    EXPECT_EQ(!core.ask(bytes).empty(), spoken);
    EXPECT_EQ(core.session->closing(), !spoken);
    EXPECT_EQ(core.session->spoke_other_protocol(), !spoken);
  }
  TestCore core;
  core.ask("m");
  EXPECT_EQ(core.ask("n\r\n\x80\r\n"), "MN\r\nCLIENT_ERROR bad command line format\r\n");
}

class LateBinary : public LateSession {};

TEST_F(LateBinary, RepliesKeepTheirOrderAndTheirOpaque) {
  core_.ask("set late 5 0 3\r\nold\r\n");
  const std::string before =
      ask(frame(Opcode::kGetK, {.key = "late", .opaque = 1}) + frame(Opcode::kNoop, {.opaque = 2}));
  EXPECT_EQ(before, "");
  const std::vector<Reply> replies = parse_replies(complete());
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].opaque, 1U);
  EXPECT_EQ(replies[0].key, "late");
  EXPECT_EQ(replies[0].value, "old");
  EXPECT_EQ(replies[1].opaque, 2U);
}

TEST_F(LateBinary, ALateUploadIsStored) {
  const std::string value(kLarge, 'v');
  ask(set_frame("late", value));
  ask(get_frame("k"));
  const std::vector<Reply> replies = parse_replies(complete());
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].opcode, Opcode::kSet);
  EXPECT_EQ(replies[0].status, Status::kOk);
  EXPECT_EQ(replies[1].status, Status::kNotFound);
}

}  // namespace
}  // namespace isocache::binary
