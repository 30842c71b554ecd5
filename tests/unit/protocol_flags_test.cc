// meta_flags.def: every flag has a text for every command, and it is true.
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
#include "protocol/tables.h"
#include "unit/core_fixture.h"
#include "unit/examples.h"
#include "unit/table_lines.h"

namespace isocache {
namespace {

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

// The error for a line before anything is executed, or nothing.
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
  for (const auto& flag : table::kFlags) {  // me accepts only b
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

// An ignored flag changes neither the reply nor the stored item: each of the command's examples
// gives the same result without the flag.
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

// The request without its first flag of this letter.
std::string without_flag(std::string_view request, std::string_view command, char letter) {
  const std::size_t end = std::min(request.find('\n'), request.size());
  std::vector<std::string> words = words_of(request.substr(0, end));
  const std::ptrdiff_t first_flag = command == "ms" ? 3 : 2;
  const auto flag = std::find_if(words.begin() + first_flag, words.end(),
                                 [=](const std::string& word) { return word.front() == letter; });
  if (flag != words.end()) words.erase(flag);
  return joined(words) + std::string(request.substr(end));
}

// Without the flag that it shows, an example gives another result.
TEST(MetaFlags, UsedOnesDoSomething) {
  for (const auto& use : table::kFlagUses) {
    const std::string request = without_flag(use.example.request, use.command, use.letter);
    EXPECT_NE(request, use.example.request) << use.command << " " << use.letter;
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

}  // namespace
}  // namespace isocache
