#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "protocol/parser.h"
#include "protocol/replies.h"
#include "protocol/text/text_parser.h"

namespace isocache {
namespace {

struct Parsed {
  explicit Parsed(std::string text) : line(std::move(text)) {
    after = parse_line(line, key_buffer, request);
  }
  std::string line;
  KeyBuffer key_buffer;
  Request request;
  AfterLine after;
};

TEST(Request, IsPlainData) {
  static_assert(std::is_trivially_copyable_v<Request>);
  static_assert(std::is_trivially_destructible_v<Request>);
  Request request;
  request.begin_reply("HD").value_length = 7;
  request.begin_arithmetic();  // begins with its own defaults, whatever was there
  EXPECT_EQ(request.verb, Verb::kArithmetic);
  EXPECT_EQ(request.arithmetic.delta, 1U);
  EXPECT_EQ(request.arithmetic.initial, 0U);
}

TEST(Parser, TextAndMetaBecomeTheSameRequest) {
  const Parsed text("set key 7 60 5");
  const Parsed meta("ms key 5 F7 T60");
  for (const Parsed* parsed : {&text, &meta}) {
    EXPECT_EQ(parsed->after, AfterLine::kValue);
    EXPECT_EQ(parsed->request.verb, Verb::kStore);
    EXPECT_EQ(parsed->request.store.mode, StoreMode::kSet);
    EXPECT_EQ(parsed->request.key.bytes, "key");
    EXPECT_EQ(parsed->request.client_flags, 7U);
    EXPECT_EQ(parsed->request.exptime, 60);
    EXPECT_EQ(parsed->request.store.value_length, 5U);
    EXPECT_FALSE(parsed->request.flags.quiet);
  }
  EXPECT_EQ(text.request.style, ReplyStyle::kText);
  EXPECT_EQ(meta.request.style, ReplyStyle::kMeta);
}

TEST(Parser, RetrievalsHandOutTheirKeysOneByOne) {
  Parsed parsed("gats 30  a bb   ccc ");
  EXPECT_EQ(parsed.after, AfterLine::kMoreKeys);
  EXPECT_EQ(parsed.request.key.bytes, "a");
  EXPECT_EQ(parsed.request.exptime, 30);
  EXPECT_TRUE(parsed.request.flags.return_cas);
  std::string_view keys = parsed.request.get.keys_to_come;
  Request next;
  ASSERT_TRUE(next_key(keys, next));
  EXPECT_EQ(next.key.bytes, "bb");
  ASSERT_TRUE(next_key(keys, next));
  EXPECT_EQ(next.key.bytes, "ccc");
  EXPECT_FALSE(next.get.last_key);  // a space follows, there might be another key
  EXPECT_FALSE(next_key(keys, next));
  EXPECT_EQ(end_of_retrieval(parsed.request.flags), reply::kEnd);
}

TEST(Parser, TheLastKeyEndsTheAnswer) {
  const Parsed single("get a");
  EXPECT_EQ(single.after, AfterLine::kNothing);
  EXPECT_TRUE(single.request.get.last_key);
  const Parsed several("get a b");
  EXPECT_EQ(several.after, AfterLine::kMoreKeys);
  EXPECT_FALSE(several.request.get.last_key);
  std::string_view keys = several.request.get.keys_to_come;
  Request next;
  ASSERT_TRUE(next_key(keys, next));
  EXPECT_TRUE(next.get.last_key);
}

TEST(Parser, ALongKeySpoilsAWholeRetrieval) {
  const std::string long_key(251, 'k');
  Parsed parsed("get a " + long_key + " b");
  EXPECT_EQ(parsed.after, AfterLine::kMoreKeys);
  EXPECT_TRUE(parsed.request.flags.silent);  // there is no reply for the key a
  std::string_view keys = parsed.request.get.keys_to_come;
  Request next;
  EXPECT_FALSE(next_key(keys, next));
  EXPECT_EQ(end_of_retrieval(parsed.request.flags), reply::kBadRetrievalKey);
  EXPECT_EQ(Parsed("get " + long_key).request.reply.text, reply::kBadRetrievalKey);
  EXPECT_EQ(Parsed("get " + long_key.substr(1)).request.verb, Verb::kGet);
}

TEST(Parser, ABadStorageLineSwallowsItsDataIfItsLengthCouldBeRead) {
  for (const char* line : {"set a abc 0 5", "set a 0 abc 5", "cas a 0 0 5", "cas a 0 0 5 abc",
                           "ms a 5 z", "ms a 5 b", "ms a 5 Tabc", "ms a 5 MZ", "ms a 5 S1"}) {
    const Parsed parsed(line);
    EXPECT_EQ(parsed.after, AfterLine::kSwallow) << line;
    EXPECT_EQ(parsed.request.reply.value_length, 5U) << line;
    EXPECT_EQ(parsed.request.verb, Verb::kReply) << line;
    EXPECT_FALSE(parsed.request.reply.text.empty()) << line;
  }
  for (const char* line : {"set a 0 0 abc", "set a 0 0 -1", "set a 0 0", "set a 0 0 2147483648",
                           "ms a", "ms a abc", "ms a -1", "cas a 0 0 noreply 5"}) {
    const Parsed parsed(line);
    EXPECT_EQ(parsed.after, AfterLine::kNothing) << line;
    EXPECT_EQ(parsed.request.reply.text, reply::kBadFormat) << line;
  }
}

TEST(Parser, NoreplyHidesErrorsOnceTheLengthIsKnown) {
  EXPECT_TRUE(Parsed("set a abc 0 5 noreply").request.reply.text.empty());
  EXPECT_FALSE(Parsed("set a 0  5 noreply").request.reply.text.empty());
  EXPECT_TRUE(Parsed("incr a abc noreply").request.reply.text.empty());
  EXPECT_FALSE(Parsed("ms a 5 z q").request.reply.text.empty());
}

// parser.h defines which of several errors is reported.
TEST(Parser, MetaErrorsComeInMemcachedsOrder) {
  const std::string long_opaque(33, 'O');
  const struct {
    std::string line;
    std::string_view reply;
  } cases[] = {
      {"mg " + std::string(251, 'k') + " z", reply::kBadFormat},
      {"ma " + std::string(251, 'k'), reply::kInvalidOrDuplicateFlag},
      {"mg a Tabc z", reply::kInvalidFlag},
      {"mg a v v z", reply::kDuplicateFlag},
      {"mg a z v v", reply::kInvalidFlag},
      {"mg a v \xe9", reply::kDuplicateFlag},
      {"mg a ~", reply::kInvalidFlag},
      {"mg a \x7f", reply::kDuplicateFlag},
      {"mg a b", reply::kBadBase64Key},
      {"mg a b Tabc", reply::kBadToken},
      {"mg a Tabc b", reply::kBadBase64Key},
      {"mg a Tabc b Cabc", reply::kBadToken},
      {"ms b 1 b Eabc", reply::kBadToken},
      {"md b b Eabc", reply::kBadToken},
      {"mg a Dabc", reply::kBadMetaDelta},
      {"mg a Jabc Dabc", reply::kBadMetaDelta},
      {"ms a 1 Dabc J-1", reply::kBadMetaInitial},
      {"md a J1 D1 Jabc", reply::kDuplicateFlag},
      {"ma a Dabc", reply::kInvalidOrDuplicateFlag},
      {"ms a 1 b Fabc", reply::kBadBase64Key},
      {"ms a 1 Fabc b", reply::kBadBase64Key},
      {"ms a 1 Fabc Tabc", reply::kBadToken},
      {"ms a 1 Tabc Fabc", reply::kBadToken},
      {"ms a 1 Fabc MZ", reply::kBadFormat},
      {"ms a 1 MZ " + long_opaque, reply::kBadSetMode},
      {"ms a 1 " + long_opaque, reply::kOpaqueTooLong},
      {"md a " + long_opaque, reply::kOpaqueTooLong},
      {"ma a MZ " + long_opaque, reply::kBadArithmeticMode},
      {"ma a b", reply::kInvalidOrDuplicateFlag},
      {"ma a Tabc", reply::kInvalidOrDuplicateFlag},
      {"ms a 1 Mset", reply::kBadSetMode},
      {"ms a 1 MI", reply::kBadSetMode},
      {"mg a b c f h k l O1 q s t u v N0 R0 T0 P L C0 E0 z", reply::kTooManyFlags},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Parsed(test.line).request.reply.text, test.reply) << test.line;
  }
}

TEST(Parser, OpaqueErrorsOfMgAndMaAreLeftToTheEngine) {
  const std::string flags = " " + std::string(33, 'O');
  for (const char* verb : {"mg a", "ma a"}) {
    const Parsed parsed(verb + flags);
    EXPECT_NE(parsed.request.verb, Verb::kReply);
    EXPECT_TRUE(parsed.request.flags.opaque_too_long);
  }
  EXPECT_FALSE(Parsed("mg a " + std::string(32, 'O')).request.flags.opaque_too_long);
}

TEST(Parser, TheOrderOfFlagsThatActIsKept) {
  const RequestFlags usual = Parsed("mg a R30 T60 N90").request.flags;
  EXPECT_FALSE(usual.exptime_before_recache);
  EXPECT_FALSE(usual.vivify_before_exptime);
  const RequestFlags other = Parsed("mg a N90 T60 R30").request.flags;
  EXPECT_TRUE(other.exptime_before_recache);
  EXPECT_TRUE(other.vivify_before_exptime);
  const std::string opaque = " " + std::string(33, 'O');
  const RequestFlags ended = Parsed("ma a T60" + opaque + " N90").request.flags;
  EXPECT_FALSE(ended.exptime_after_opaque);
  EXPECT_TRUE(ended.vivify_after_opaque);
}

TEST(Parser, TwentyTokensAreTheMost) {
  EXPECT_EQ(Parsed("mg a c f h k l O1 q s t u v N0 R0 T0 P L C0 E0").request.verb, Verb::kGet);
  EXPECT_EQ(Parsed("ms a 1 c f h k l O1 q s t u v N0 R0 T0 P L C0").request.verb, Verb::kStore);
  EXPECT_EQ(Parsed("ms a 1 c f h k l O1 q s t u v N0 R0 T0 P L C0 E0").request.reply.text,
            reply::kTooManyFlags);
}

TEST(Parser, BinaryKeysAreDecodedAndTheWireFormKept) {
  const Parsed parsed("mg YmluAP8ga2V5 b k");
  EXPECT_EQ(parsed.request.key.bytes, std::string_view("bin\0\xff key", 9));
  EXPECT_EQ(parsed.request.wire_key, "YmluAP8ga2V5");
}

TEST(Parser, DeleteTakesATimeOfZeroOnly) {
  for (const char* line : {"delete a", "delete a 0", "delete a noreply", "delete a 0 noreply"}) {
    EXPECT_EQ(Parsed(line).request.verb, Verb::kDelete) << line;
  }
  for (const char* line : {"delete a 5", "delete a 0 0", "delete a b"}) {
    EXPECT_EQ(Parsed(line).request.reply.text, reply::kBadDeleteUsage) << line;
  }
  EXPECT_EQ(Parsed("delete a 10 noreply").request.reply.text, "");
  EXPECT_EQ(Parsed("delete a b c d").request.reply.text, reply::kError);
}

TEST(Parser, ClientsOfOtherProtocolsAreHungUpOn) {
  EXPECT_EQ(Parsed("POST / HTTP/1.1").after, AfterLine::kClose);
  EXPECT_EQ(Parsed("POST / HTTPS").after, AfterLine::kNothing);
  EXPECT_EQ(Parsed("get HTTP/1.1").request.verb, Verb::kGet);
}

TEST(Parser, ShortLinesAreBadFormat) {
  for (const char* line : {"", "x", " "})
    EXPECT_EQ(Parsed(line).request.reply.text, reply::kBadFormat);
  for (const char* line : {"xx", "  ", " get a", "GET a"}) {
    EXPECT_EQ(Parsed(line).request.reply.text, reply::kError) << line;
  }
}

TEST(MakeRequest, NeedsNoLine) {
  KeyBuffer key_buffer;
  Request request;
  ASSERT_TRUE(make_request("ms", "key", "T60 c", "value", key_buffer, request));
  EXPECT_EQ(request.verb, Verb::kStore);
  EXPECT_EQ(request.store.value, "value");
  EXPECT_EQ(request.store.value_length, 5U);
  EXPECT_EQ(request.exptime, 60);
  Request bad;
  EXPECT_FALSE(make_request("ms", "key", "z", "value", key_buffer, bad));
  EXPECT_EQ(bad.reply.text, reply::kInvalidFlag);
  Request text;
  EXPECT_FALSE(make_request("set", "key", "", "value", key_buffer, text));
}

}  // namespace
}  // namespace isocache
