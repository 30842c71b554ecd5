// The contents of commands.def, meta_flags.def and replies.def as constant tables: tokens, keys,
// and texts for people. For tests and tools. No file that executes requests includes this one, so
// the texts stay out of the server's and the module's data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/meta_flags.h"
#include "protocol/replies.h"

namespace isocache::table {

inline constexpr unsigned kAny = ~0U;        // no limit on the tokens of a line
inline constexpr std::string_view kNoError;  // the reply to too few or too many tokens: none

// A request with its reply, and the requests sent before it, in the short form that commands.def
// explains.
struct Example {
  std::string_view before;
  std::string_view request;
  std::string_view reply;
};

// How many tokens a line has, including the verb.
struct TokenCount {
  unsigned least;
  unsigned most;
  std::string_view too_few;  // the reply to fewer tokens
  std::string_view too_many;
};

enum class Keys : std::uint8_t { kNoKey, kOneKey, kManyKeys };

struct KeyPlace {
  unsigned index;  // of the first key among the tokens; 0: no key
  Keys keys;
};

struct CommandRow {
  std::string_view verb;
  std::string_view subcommand;  // empty: the command itself
  TokenCount tokens;
  KeyPlace key;
  unsigned length_index;  // of the token with the value's length; 0: no value follows
  std::string_view syntax;
  std::string_view meaning;
  std::string_view change;
  Example example;
};

struct FlagRow {
  char letter;
  FlagArgument argument;
  std::string_view meaning;
};

struct FlagUse {
  std::string_view command;
  char letter;
  std::string_view meaning;
  std::string_view change;
  std::string_view reply;
  Example example;
};

// Flags that a command accepts and ignores, or letters that M accepts.
struct FlagLetters {
  std::string_view command;
  std::string_view letters;
  std::string_view meaning;
  Example example;  // none for ignored flags
};

enum class ReplyKind : std::uint8_t { kText, kMetaCode };

struct ReplyRow {
  ReplyKind kind;
  std::string_view text;
  std::string_view meaning;
};

// `text` is the reply, or its form if it is not a fixed text.
struct ReplyUse {
  std::string_view text;
  std::string_view commands;  // separated by spaces; empty: any
  std::string_view meaning;
  Example example;
};

struct MarkRow {
  char letter;
  std::string_view commands;
  std::string_view meaning;
  Example example;
};

struct ErrorRow {
  std::string_view text;
  std::string_view when;
  std::string_view remedy;
  Example example;
};

// The names in the columns belong to this namespace, to `reply` or to the enums.
namespace rows {

using namespace reply;
using enum Keys;
using enum FlagArgument;

#define TOKENS(least, most, too_few, too_many) \
  TokenCount { least, most, too_few, too_many }
#define KEY(index, keys) \
  KeyPlace { index, keys }
#define VALUE(index) index
#define EXAMPLE(before, request, reply) \
  Example { before, request, reply }

inline constexpr CommandRow kCommands[] = {
#define ISOCACHE_COMMAND(verb, family, ...) {#verb, "", __VA_ARGS__},
#define ISOCACHE_SUBCOMMAND(verb, subcommand, ...) {#verb, subcommand, __VA_ARGS__},
#include "protocol/commands.def"
};

inline constexpr FlagRow kFlags[] = {
#define ISOCACHE_META_FLAG(...) {__VA_ARGS__},
#include "protocol/meta_flags.def"
};

inline constexpr FlagUse kFlagUses[] = {
#define ISOCACHE_META_USE(command, ...) {#command, __VA_ARGS__},
#include "protocol/meta_flags.def"
};

inline constexpr FlagLetters kIgnoredFlags[] = {
#define ISOCACHE_META_IGNORED(command, ...) {#command, __VA_ARGS__, {}},
#include "protocol/meta_flags.def"
};

inline constexpr FlagLetters kModes[] = {
#define ISOCACHE_META_MODE(command, ...) {#command, __VA_ARGS__},
#include "protocol/meta_flags.def"
};

inline constexpr ReplyRow kReplies[] = {
#define ISOCACHE_REPLY(constant, ...) {ReplyKind::kText, __VA_ARGS__},
#define ISOCACHE_META_CODE(constant, ...) {ReplyKind::kMetaCode, __VA_ARGS__},
#include "protocol/replies.def"
};

inline constexpr ReplyUse kReplyUses[] = {
#define ISOCACHE_REPLY_TO(...) {__VA_ARGS__},
#define ISOCACHE_REPLY_LINE(...) {__VA_ARGS__},
#include "protocol/replies.def"
};

inline constexpr MarkRow kMarks[] = {
#define ISOCACHE_META_MARK(...) {__VA_ARGS__},
#include "protocol/replies.def"
};

inline constexpr ErrorRow kErrors[] = {
#define ISOCACHE_ERROR(constant, ...) {__VA_ARGS__},
#include "protocol/replies.def"
};

#undef TOKENS
#undef KEY
#undef VALUE
#undef EXAMPLE

}  // namespace rows

using rows::kCommands;
using rows::kErrors;
using rows::kFlags;
using rows::kFlagUses;
using rows::kIgnoredFlags;
using rows::kMarks;
using rows::kModes;
using rows::kReplies;
using rows::kReplyUses;

}  // namespace isocache::table
