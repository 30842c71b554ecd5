// The parser of binary frames: what each opcode becomes, and the order of the checks.
#include <gtest/gtest.h>

#include <string>

#include "protocol/binary/binary_parser.h"
#include "support/binary_frames.h"

namespace isocache::binary {
namespace {

struct Parsed {
  explicit Parsed(std::string frame_bytes, Login login = Login::kNotNeeded)
      : bytes(std::move(frame_bytes)) {
    const Header header(bytes.data());
    after = parse_frame(std::string_view(bytes).substr(0, head_length(header)), login, request);
  }
  Status status() const { return static_cast<Status>(request.reply.status); }

  std::string bytes;
  Request request;
  AfterLine after;
};

constexpr std::uint64_t kBig = 0x8000'0000'0000'0001;

TEST(BinaryParser, GetsSayWhatTheirReplyHolds) {
  for (const auto& [opcode, quiet, with_key] :
       {std::tuple(Opcode::kGet, false, false), std::tuple(Opcode::kGetQ, true, false),
        std::tuple(Opcode::kGetK, false, true), std::tuple(Opcode::kGetKQ, true, true)}) {
    const Parsed get(frame(opcode, {.key = "k", .opaque = 0xDEADBEEF}));
    EXPECT_EQ(get.after, AfterLine::kNothing);
    EXPECT_EQ(get.request.verb, Verb::kGet);
    EXPECT_EQ(get.request.style, ReplyStyle::kBinary);
    EXPECT_EQ(get.request.key.bytes, "k");
    EXPECT_EQ(get.request.opaque, 0xDEADBEEF);
    EXPECT_EQ(get.request.opcode, static_cast<std::uint8_t>(opcode));
    EXPECT_EQ(get.request.flags.quiet, quiet);
    EXPECT_EQ(get.request.flags.return_key, with_key);
    EXPECT_TRUE(get.request.flags.return_value);
    EXPECT_FALSE(get.request.flags.has_exptime);
  }
  const Parsed gat(frame(Opcode::kGatKQ, {.key = "k", .extras = number_bytes(0xFFFFFFFFU)}));
  EXPECT_EQ(gat.request.exptime, 0xFFFFFFFF);
  EXPECT_TRUE(gat.request.flags.has_exptime && gat.request.flags.is_touch);
  EXPECT_TRUE(gat.request.flags.quiet && gat.request.flags.return_key);
}

TEST(BinaryParser, AStoreLeavesItsValueToTheSession) {
  const Parsed set(
      frame(Opcode::kAddQ, {.key = "a\n", .value = "value", .extras = store_extras(7, 60)}));
  EXPECT_EQ(set.after, AfterLine::kValue);
  EXPECT_EQ(set.request.verb, Verb::kStore);
  EXPECT_EQ(set.request.store.mode, StoreMode::kAdd);
  EXPECT_EQ(set.request.store.value_length, 5U);
  EXPECT_EQ(set.request.client_flags, 7U);
  EXPECT_EQ(set.request.exptime, 60);
  EXPECT_TRUE(set.request.flags.quiet);
  EXPECT_TRUE(set.request.flags.binary_key);
  EXPECT_FALSE(set.request.flags.has_compare_cas);
}

TEST(BinaryParser, ACasMakesSetAddAndReplaceTheSame) {
  for (const Opcode opcode : {Opcode::kSet, Opcode::kAdd, Opcode::kReplaceQ}) {
    const Parsed store(frame(opcode, {.key = "k", .extras = store_extras(), .cas = kBig}));
    EXPECT_EQ(store.request.store.mode, StoreMode::kSet);
    EXPECT_TRUE(store.request.flags.has_compare_cas);
    EXPECT_EQ(store.request.compare_cas, kBig);
  }
  EXPECT_EQ(Parsed(frame(Opcode::kPrepend, {.key = "k", .cas = 1})).request.store.mode,
            StoreMode::kPrepend);
}

TEST(BinaryParser, NumbersAreCreatedUnlessTheExptimeSaysNo) {
  const Parsed incr(frame(Opcode::kDecrementQ,
                          {.key = "k", .extras = number_extras(kBig, 3, 0xFFFFFFFE), .cas = 9}));
  EXPECT_EQ(incr.request.arithmetic.delta, kBig);
  EXPECT_EQ(incr.request.arithmetic.initial, 3U);
  EXPECT_TRUE(incr.request.arithmetic.decrement);
  EXPECT_TRUE(incr.request.flags.has_vivify);
  EXPECT_EQ(incr.request.vivify_exptime, 0xFFFFFFFE);
  EXPECT_EQ(incr.request.compare_cas, 9U);
  const Parsed absent(
      frame(Opcode::kIncrement, {.key = "k", .extras = number_extras(1, 0, 0xFFFFFFFF)}));
  EXPECT_FALSE(absent.request.flags.has_vivify);
}

TEST(BinaryParser, AnUnknownOpcodeIsAnsweredAndItsValueSkipped) {
  const Parsed unknown(frame(static_cast<Opcode>(0x1B), {.key = "k", .value = "value"}));
  EXPECT_EQ(unknown.after, AfterLine::kSwallow);
  EXPECT_EQ(unknown.request.reply.value_length, 5U);
  EXPECT_EQ(unknown.status(), Status::kUnknownCommand);
  EXPECT_EQ(unknown.request.reply.text, "Unknown command");
}

TEST(BinaryParser, WrongPartsEndTheConnection) {
  const std::string four = number_bytes(0U);
  for (const std::string& bytes :
       {frame(Opcode::kGet), frame(Opcode::kGet, {.key = "k", .extras = "x"}),
        frame(Opcode::kGet, {.key = "k", .value = "v"}), frame(Opcode::kGat, {.key = "k"}),
        frame(Opcode::kTouch, {.extras = four}), frame(Opcode::kSet, {.key = "k", .extras = four}),
        frame(Opcode::kSet, {.extras = store_extras()}),
        frame(Opcode::kAppend, {.key = "k", .extras = store_extras()}),
        frame(Opcode::kIncrement, {.key = "k", .extras = store_extras()}),
        frame(Opcode::kNoop, {.value = "v"}), frame(Opcode::kQuitQ, {.key = "k"}),
        frame(Opcode::kFlush, {.extras = "x"}), frame(Opcode::kFlush, {.key = "k"}),
        frame(Opcode::kStat, {.extras = four}), frame(Opcode::kVersion, {.key = "k"}),
        frame(Opcode::kSaslList, {.key = "k"}), frame(Opcode::kSaslAuth)}) {
    const Parsed parsed(bytes, Login::kDone);
    EXPECT_EQ(parsed.after, AfterLine::kClose) << testing::PrintToString(bytes);
    EXPECT_EQ(parsed.status(), Status::kInvalid);
  }
}

TEST(BinaryParser, TheFirstErrorIsTold) {
  std::string bad = frame(Opcode::kGet, {.key = std::string(251, 'k')});
  EXPECT_EQ(head_length(Header(bad.data())), kHeaderBytes);
  EXPECT_EQ(Parsed(bad).status(), Status::kInvalid);
  EXPECT_EQ(Parsed(bad, Login::kMissing).status(), Status::kAuthError);
  bad[11] = 1;  // the body's length
  EXPECT_EQ(Parsed(bad, Login::kMissing).status(), Status::kUnknownCommand);
  EXPECT_EQ(Parsed(bad).after, AfterLine::kClose);
}

TEST(BinaryParser, OnlyALoginAndTheVersionPrecedeALogin) {
  for (int opcode = 0; opcode < 256; ++opcode) {
    const bool allowed = opcode == 0x0B || (opcode >= 0x20 && opcode <= 0x22);
    const Parsed parsed(frame(static_cast<Opcode>(opcode)), Login::kMissing);
    const bool refused =
        parsed.request.verb == Verb::kReply && parsed.status() == Status::kAuthError;
    EXPECT_EQ(refused, !allowed) << opcode;
  }
  const Parsed nobody(frame(Opcode::kSaslList));
  EXPECT_EQ(nobody.status(), Status::kUnknownCommand);
  EXPECT_EQ(nobody.after, AfterLine::kSwallow);
}

TEST(BinaryParser, AValueThatNoMachineHolds) {
  std::string huge = frame(Opcode::kSet, {.key = "k", .extras = store_extras()});
  huge[8] = '\xFF';  // the body's length
  const Parsed parsed(huge);
  EXPECT_EQ(parsed.after, AfterLine::kSwallow);
  EXPECT_EQ(parsed.status(), Status::kTooLarge);
  EXPECT_EQ(parsed.request.reply.value_length, 0xFF000000U);
}

}  // namespace
}  // namespace isocache::binary
