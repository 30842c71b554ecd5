// commands.def, meta_flags.def and replies.def: what they tell is complete, and true.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/commands.h"
#include "protocol/meta_flags.h"
#include "protocol/parser.h"
#include "protocol/tables.h"
#include "protocol/tokens.h"
#include "unit/core_fixture.h"
#include "unit/examples.h"

namespace isocache {
namespace {

using table::Example;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  Tokens tokens(text);
  for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
    words.emplace_back(word);
  }
  return words;
}

// --- the enum and the lookup ---------------------------------------------------------------

TEST(Commands, EveryOneIsFoundByItsNameOnly) {
  for (std::size_t i = 0; i < all_commands().size(); ++i) {
    const CommandInfo& info = all_commands()[i];
    EXPECT_EQ(static_cast<std::size_t>(find_command(info.name)), i) << info.name;
    EXPECT_EQ(family_of(find_command(info.name)), info.family);
    EXPECT_EQ(find_command(std::string(info.name) + "x"), Command::kUnknown) << info.name;
    EXPECT_EQ(find_command(info.name.substr(0, 1)), Command::kUnknown);
  }
}

TEST(Commands, CaseMattersAndJunkIsUnknown) {
  for (const char* verb : {"", "G", "GET", "Get", "mgg", "m", "bogus", "getss", "\xff\xff"}) {
    EXPECT_EQ(find_command(verb), Command::kUnknown) << verb;
  }
  EXPECT_EQ(family_of(Command::kUnknown), CommandFamily::kUnknown);
}

TEST(MetaFlags, LettersAreUniqueAndAllKnown) {
  std::set<char> letters;
  std::uint64_t bits = 0;
  for (const table::FlagRow& flag : table::kFlags) {
    EXPECT_TRUE(letters.insert(flag.letter).second) << flag.letter;
    bits |= 1ULL << meta_flag_bit(flag.letter);
  }
  EXPECT_EQ(bits, kKnownMetaFlags);
  EXPECT_EQ(meta_flag_bit('!'), 64U);
  EXPECT_EQ(meta_flag_bit('\xe9'), 64U);
}

// --- every row -----------------------------------------------------------------------------

struct Row {
  std::string name;
  std::vector<std::string_view> texts;
  const Example* example = nullptr;
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto& row : table::kCommands) {
    rows.push_back({std::string(row.syntax), {row.syntax, row.meaning, row.change}, &row.example});
  }
  for (const auto& row : table::kFlags) rows.push_back({{row.letter}, {row.meaning}});
  for (const auto& row : table::kFlagUses) {
    rows.push_back({std::string(row.command) + " " + row.letter,
                    {row.meaning, row.change, row.reply},
                    &row.example});
  }
  for (const auto& row : table::kIgnoredFlags) {
    rows.push_back({std::string(row.command) + " " + std::string(row.letters), {row.meaning}});
  }
  for (const auto& row : table::kModes) {
    rows.push_back(
        {std::string(row.command) + " M" + std::string(row.letters), {row.meaning}, &row.example});
  }
  for (const auto& row : table::kReplies) rows.push_back({std::string(row.text), {row.meaning}});
  for (const auto& row : table::kReplyUses) {
    rows.push_back(
        {std::string(row.text) + " to " + std::string(row.commands), {row.meaning}, &row.example});
  }
  for (const auto& row : table::kMarks) {
    rows.push_back({{row.letter}, {row.meaning}, &row.example});
  }
  for (const auto& row : table::kErrors) {
    rows.push_back({std::string(row.text), {row.when, row.remedy}, &row.example});
  }
  return rows;
}

TEST(Tables, EveryRowHasItsTexts) {
  for (const Row& row : all_rows()) {
    for (const std::string_view text : row.texts) EXPECT_FALSE(text.empty()) << row.name;
  }
}

TEST(Tables, EveryExampleGivesTheReplyThatItShows) {
  unsigned not_played = 0;
  for (const Row& row : all_rows()) {
    if (row.example == nullptr) continue;
    EXPECT_FALSE(row.example->request.empty()) << row.name;
    const Played played = play(*row.example);
    if (!played.possible) {
      ++not_played;
      continue;
    }
    EXPECT_EQ(played.before.find("ERROR"), std::string::npos) << row.name << ": " << played.before;
    EXPECT_TRUE(matches(played.reply, row.example->reply))
        << row.name << "\n> " << row.example->request << "\n< " << played.reply << "\nnot\n< "
        << row.example->reply;
    EXPECT_EQ(played.closed, row.example->reply.empty()) << row.name;
  }
  EXPECT_LE(not_played, 1U);  // too many connections
}

// An example shows what its row is about, not something else.
TEST(Tables, EveryExampleShowsItsRow) {
  for (const auto& row : table::kCommands) {
    const std::string head =
        std::string(row.verb) + (row.subcommand.empty() ? "" : " " + std::string(row.subcommand));
    EXPECT_NE(std::string(row.example.request).find(head), std::string::npos) << row.syntax;
    EXPECT_TRUE(row.syntax.starts_with(head)) << row.syntax;
  }
  for (const auto& row : table::kFlagUses) {
    const std::string all = std::string(row.example.request) + " ";
    const std::string line = all.substr(all.find(std::string(row.command) + " "));
    const std::vector<std::string> words = words_of(line.substr(0, line.find('\n')));
    EXPECT_TRUE(std::any_of(words.begin(), words.end(),
                            [&](const std::string& word) { return word.front() == row.letter; }))
        << row.command << " " << row.letter;
  }
  for (const auto& row : table::kErrors) {
    const std::string_view text = row.text.substr(0, row.text.find("\r\n"));
    EXPECT_TRUE(row.example.reply.starts_with(text)) << row.text;
  }
  for (const auto& row : table::kMarks) {
    const std::string mark = std::string(" ") + row.letter;
    EXPECT_NE(row.example.reply.find(mark), std::string_view::npos) << row.letter;
  }
}

// --- tokens, keys, values ------------------------------------------------------------------

// A line of `count` good tokens.
std::string line_of(const table::CommandRow& row, unsigned count) {
  // Words of examples are good ones; what stands behind them is harmless.
  const std::string_view request = row.example.request;
  const std::string head = std::string(row.verb) + " " + std::string(row.subcommand);
  const std::size_t at = request.find(row.subcommand.empty() ? std::string(row.verb) : head);
  std::vector<std::string> words =
      words_of(request.substr(at, std::min(request.find('\n', at), request.size()) - at));
  if (row.subcommand.empty() && family_of(find_command(row.verb)) == CommandFamily::kAdmin) {
    words.resize(std::min<std::size_t>(words.size(), row.tokens.least));
  }
  const bool meta = row.tokens.most == 20;
  if (meta) words.resize(row.length_index + 2 - (row.length_index == 0 ? 0 : 1));
  static constexpr std::string_view kFlags[] = {"c", "f",  "h", "k",  "l",  "q",  "s",
                                                "t", "u",  "v", "C1", "D1", "E1", "F1",
                                                "I", "J1", "L", "N0", "O1"};
  for (std::size_t i = 0; words.size() < count; ++i) {
    words.emplace_back(meta ? kFlags[i] : std::string_view("0"));
  }
  words.resize(count);
  std::string line;
  for (const std::string& word : words) line += line.empty() ? word : " " + word;
  return line;
}

std::string reply_to(const std::string& line) {
  Settings settings;
  settings.tls_enabled = true;
  TestCore core(settings);
  return core.ask(line + "\r\n");
}

bool has_subcommands(const table::CommandRow& row) {
  return row.subcommand.empty() &&
         std::any_of(std::begin(table::kCommands), std::end(table::kCommands),
                     [&](const table::CommandRow& other) {
                       return other.verb == row.verb && !other.subcommand.empty();
                     });
}

TEST(Tables, TooFewAndTooManyTokensAreAnsweredAsTheTablesSay) {
  for (const auto& row : table::kCommands) {
    const table::TokenCount& tokens = row.tokens;
    const unsigned least_here = row.subcommand.empty() ? 1 : 2;
    EXPECT_GE(tokens.least, least_here) << row.syntax;
    EXPECT_EQ(tokens.too_few.empty(), tokens.least == least_here) << row.syntax;
    EXPECT_EQ(tokens.too_many.empty(), tokens.most == table::kAny) << row.syntax;
    for (unsigned count = least_here; count < tokens.least; ++count) {
      const std::string line = line_of(row, count);
      EXPECT_EQ(reply_to(line), tokens.too_few) << line;
    }
    if (tokens.most != table::kAny) {
      const std::string line = line_of(row, tokens.most + 1);
      EXPECT_EQ(reply_to(line).substr(0, tokens.too_many.size()), tokens.too_many) << line;
    }
    if (has_subcommands(row)) continue;  // each has numbers of its own
    for (const unsigned count : {tokens.least, tokens.most == table::kAny ? 22 : tokens.most}) {
      const std::string line = line_of(row, count);
      const std::string reply = reply_to(line);
      for (const std::string_view error : {tokens.too_few, tokens.too_many}) {
        if (error.empty()) continue;
        EXPECT_FALSE(reply.starts_with(error)) << line;
      }
    }
  }
}

TEST(Tables, KeyAndLengthStandWhereTheTablesSay) {
  for (const auto& row : table::kCommands) {
    if (family_of(find_command(row.verb)) == CommandFamily::kAdmin) {
      EXPECT_EQ(row.key.keys, table::Keys::kNoKey) << row.syntax;
      EXPECT_EQ(row.length_index, 0U) << row.syntax;
      continue;
    }
    const std::string line = line_of(row, row.tokens.least);
    KeyBuffer key_buffer;
    Request request;
    parse_line(line, key_buffer, request);
    const std::vector<std::string> words = words_of(line);
    const bool keyed = row.key.keys != table::Keys::kNoKey;
    EXPECT_EQ(keyed, row.key.index != 0) << row.syntax;
    EXPECT_EQ(request.key.bytes, keyed ? words[row.key.index] : "") << line;
  }
}

TEST(Tables, OneKeyOrMany) {
  for (const auto& row : table::kCommands) {
    if (row.key.keys == table::Keys::kNoKey || row.length_index != 0) continue;
    TestCore core;
    core.ask("set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\n");
    std::string line(row.verb);
    for (unsigned i = 1; i < row.key.index; ++i) line += " 0";
    const std::string reply = core.ask(line + " a b\r\n");
    const bool both =
        reply.find("VALUE a") != std::string::npos && reply.find("VALUE b") != std::string::npos;
    EXPECT_EQ(both, row.key.keys == table::Keys::kManyKeys) << line;
  }
}

// The value ends where the token says: what follows it is the next command.
TEST(Tables, TheLengthOfTheValueIsTheTokenThatTheTableNames) {
  for (const auto& row : table::kCommands) {
    if (row.key.keys == table::Keys::kNoKey) continue;
    std::string line = line_of(row, row.tokens.least);
    if (row.length_index != 0) {
      std::vector<std::string> words = words_of(line);
      words[row.length_index] = "4";
      line.clear();
      for (const std::string& word : words) line += line.empty() ? word : " " + word;
    }
    TestCore core;
    const std::string reply = core.ask(line + "\r\nmn\r\n\r\n" + "version\r\n");
    EXPECT_EQ(reply.find("MN") == std::string::npos, row.length_index != 0) << line << reply;
    EXPECT_TRUE(reply.ends_with("VERSION 1.6.45\r\n")) << line << reply;
  }
}

// --- flags ---------------------------------------------------------------------------------

constexpr std::string_view kFlagCommands[] = {"mg", "ms", "md", "ma"};

std::string good_flag(const table::FlagRow& flag) {
  switch (flag.argument) {
    case FlagArgument::kNone:
    case FlagArgument::kToken: return {flag.letter};
    case FlagArgument::kMode: return "M";  // and a letter, where there are modes
    default: return std::string(1, flag.letter) + "1";
  }
}

std::string meta_line(std::string_view command, std::string_view flags) {
  std::string line = std::string(command) + " Zm9v ";  // a key that is good base64, too
  if (command == "ms") line += "2 ";
  return line + std::string(flags);
}

// The error that a line is answered with before anything is done, or nothing.
std::string parse_error(const std::string& line) {
  TestCore core;
  const std::string value = line.starts_with("ms ") ? "hi\r\n" : "";
  const std::string reply = core.ask(line + "\r\n" + value);
  return reply.starts_with("CLIENT_ERROR") ? reply : std::string();
}

std::string mode_of(std::string_view command) { return command == "ma" ? "I" : "S"; }

TEST(MetaFlags, WhatTheParserAcceptsHasOneTextForEachCommand) {
  std::map<std::pair<std::string, char>, int> told;
  for (const auto& use : table::kFlagUses) ++told[{std::string(use.command), use.letter}];
  for (const auto& row : table::kIgnoredFlags) {
    for (const char letter : row.letters) ++told[{std::string(row.command), letter}];
  }
  std::size_t accepted = 0;
  for (const std::string_view command : kFlagCommands) {
    for (char letter = '!'; letter <= '~'; ++letter) {
      const auto* const flag =
          std::find_if(std::begin(table::kFlags), std::end(table::kFlags),
                       [letter](const table::FlagRow& row) { return row.letter == letter; });
      const std::string word = flag == std::end(table::kFlags) ? std::string(1, letter)
                               : letter == 'M'                 ? "M" + mode_of(command)
                                                               : good_flag(*flag);
      const bool good = parse_error(meta_line(command, word)).empty();
      accepted += good ? 1 : 0;
      EXPECT_EQ((told[{std::string(command), letter}]), good ? 1 : 0) << command << " " << letter;
    }
  }
  EXPECT_EQ(accepted, std::size(kFlagCommands) * std::size(table::kFlags));
  for (const auto& flag : table::kFlags) {  // me looks at none but b
    EXPECT_EQ((told[{"me", flag.letter}]), 1) << "me " << flag.letter;
  }
}

TEST(MetaFlags, ArgumentsAreOfTheKindThatTheTableSays) {
  for (const std::string_view command : kFlagCommands) {
    for (const auto& flag : table::kFlags) {
      const std::string bad = std::string(1, flag.letter) + "no-number";
      const bool number = flag.argument == FlagArgument::kUnsigned64 ||
                          flag.argument == FlagArgument::kUnsigned32 ||
                          flag.argument == FlagArgument::kSeconds;
      const bool mode = flag.argument == FlagArgument::kMode;
      const bool refused = number || (mode && (command == "ms" || command == "ma"));
      EXPECT_EQ(!parse_error(meta_line(command, bad)).empty(), refused) << command << " " << bad;
      const auto accepts = [&](const char* argument) {
        return parse_error(meta_line(command, std::string(1, flag.letter) + argument)).empty();
      };
      if (number) {
        EXPECT_EQ(accepts("-1"), flag.argument == FlagArgument::kSeconds) << flag.letter;
        EXPECT_EQ(accepts("4294967296"), flag.argument == FlagArgument::kUnsigned64) << flag.letter;
      }
    }
  }
}

// An ignored flag changes neither the reply nor what is stored: each of the command's examples goes
// on as it did without the flag.
TEST(MetaFlags, IgnoredOnesDoNothing) {
  for (const auto& row : table::kIgnoredFlags) {
    for (const char letter : row.letters) {
      const auto* const flag =
          std::find_if(std::begin(table::kFlags), std::end(table::kFlags),
                       [letter](const table::FlagRow& one) { return one.letter == letter; });
      ASSERT_NE(flag, std::end(table::kFlags));
      const std::string extra = " " + good_flag(*flag);
      for (const auto& use : table::kFlagUses) {
        if (use.command != row.command || !use.example.request.starts_with(row.command)) continue;
        const Played without = play(use.example);
        const Played with = play(use.example, extra);
        EXPECT_EQ(with.reply, without.reply) << use.example.request << extra;
        EXPECT_EQ(with.item_dump, without.item_dump) << use.example.request << extra;
      }
    }
  }
}

// The reverse: without the flag that it shows, an example goes another way.
TEST(MetaFlags, UsedOnesDoSomething) {
  for (const auto& use : table::kFlagUses) {
    std::string request(use.example.request);
    const std::size_t end = std::min(request.find('\n'), request.size());
    std::size_t at = request.find(std::string(" ") + use.letter);
    for (std::size_t skipped = words_of(use.command == "ms" ? "ms k 2" : "mg k").size(), i = 0;
         i < skipped; ++i) {
      // the flags begin behind the key, or the length
      if (i == 0) at = 0;
      at = std::min(request.find(' ', at + 1), end);
    }
    at = request.find(std::string(" ") + use.letter, at);
    ASSERT_NE(at, std::string::npos) << use.command << " " << use.letter;
    const std::size_t word_end = std::min(request.find_first_of(" \n", at + 1), request.size());
    request.erase(at, word_end - at);
    const Played with = play(use.example);
    const Played without = play({use.example.before, request, ""});
    EXPECT_TRUE(with.reply != without.reply || with.item_dump != without.item_dump)
        << use.command << " " << use.letter << ": " << request;
  }
}

TEST(MetaFlags, ModesAreTheLettersThatTheParserTakes) {
  for (const std::string_view command : {std::string_view("ms"), std::string_view("ma")}) {
    std::string told;
    for (const auto& mode : table::kModes) {
      if (mode.command == command) told += mode.letters;
    }
    for (char letter = '!'; letter <= '~'; ++letter) {
      const bool good = parse_error(meta_line(command, std::string("M") + letter)).empty();
      EXPECT_EQ(good, told.find(letter) != std::string::npos) << command << " M" << letter;
    }
  }
}

// --- replies -------------------------------------------------------------------------------

bool is_to(const table::ReplyUse& use, std::string_view command) {
  const std::vector<std::string> commands = words_of(use.commands);
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

TEST(Replies, EveryOneSaysToWhichCommandsItComes) {
  for (const auto& reply : table::kReplies) {
    EXPECT_TRUE(std::any_of(std::begin(table::kReplyUses), std::end(table::kReplyUses),
                            [&](const table::ReplyUse& use) { return use.text == reply.text; }))
        << reply.text;
  }
  for (const auto& use : table::kReplyUses) {
    for (const std::string& command : words_of(use.commands)) {
      EXPECT_NE(find_command(command), Command::kUnknown) << use.text << " to " << command;
    }
  }
  std::set<std::string_view> texts;
  for (const auto& error : table::kErrors) {
    EXPECT_TRUE(texts.insert(error.text).second) << error.text;
    EXPECT_TRUE(error.text.ends_with("\r\n")) << error.text;
  }
}

// States of a key, and requests in all of them: every code that comes back has a row for its
// command, and every row's code comes.
TEST(Replies, TheCodesOfEachMetaCommandAreThoseOfTheTable) {
  std::set<std::pair<std::string, std::string>> seen;
  const std::string_view states[] = {"", "ms k 1 E42\r\n7\r\n", "ms k 1\r\nx\r\n",
                                     "ms k 1 E42\r\n7\r\nmd k I\r\n", "mg k N30\r\n"};
  const std::string_view flags[] = {
      "",  "v",    "C42", "C41 v", "N30", "N30 v", "ME",   "MR",   "MA",     "MI",  "I",  "x",
      "q", "T9 t", "b",   "k O1",  "D-1", "I C41", "MA s", "MD v", "MA N30", "c v", "R30"};
  for (const std::string_view state : states) {
    for (const std::string_view flag : flags) {
      for (const std::string command : {"mg", "ms", "md", "ma", "me", "mn"}) {
        TestCore core;
        core.ask(state);
        const std::string line = command == "mn"   ? command
                                 : command == "ms" ? "ms k 1 " + std::string(flag) + "\r\n5"
                                                   : command + " k " + std::string(flag);
        const std::string reply = core.ask(line + "\r\n");
        if (reply.empty()) continue;
        const std::string first = reply.substr(0, reply.find_first_of(" \r"));
        if (first == "CLIENT_ERROR" || first == "SERVER_ERROR") {
          EXPECT_TRUE(std::any_of(std::begin(table::kErrors), std::end(table::kErrors),
                                  [&](const auto& error) { return error.text == reply; }))
              << line << ": " << reply;
        } else {
          seen.emplace(command, first);
        }
      }
    }
  }
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& use : table::kReplyUses) {
    for (const char* command : {"mg", "ms", "md", "ma", "me", "mn"}) {
      if (is_to(use, command)) {
        told.emplace(command, use.text.substr(0, use.text.find_first_of(" \r")));
      }
    }
  }
  EXPECT_EQ(seen, told);
}

}  // namespace
}  // namespace isocache
