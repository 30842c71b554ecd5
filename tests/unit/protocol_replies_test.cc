// replies.def: every reply that the core gives has a row, and every row's reply is given.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/commands.h"
#include "protocol/tables.h"
#include "unit/core_fixture.h"
#include "unit/table_lines.h"

namespace isocache {
namespace {

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

// Sends requests for keys in all states. Every code that comes back has a row for its command, and
// every row's code comes back.
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

// The same of text commands: a reply is told, an error, or the reply line of a value or a number.
TEST(Replies, EveryReplyOfATextCommandIsTold) {
  const std::string_view states[] = {"", "ms k 1 E42\r\n7\r\n", "ms k 1\r\nx\r\n"};
  for (const std::string_view state : states) {
    for (const auto& row : table::kCommands) {
      for (const std::string_view more : {"", " noreply", " 42", " x", " -1"}) {
        TestCore core;
        core.ask(state);
        std::string line = line_of(row, row.tokens.least) + std::string(more);
        if (row.length_index != 0) line += "\r\nen";
        const std::string reply = core.ask(line + "\r\n");
        const std::string first = reply.substr(0, reply.find_first_of(" =\r\n"));
        const bool number = first.find_first_not_of("0123456789") == std::string::npos;
        const auto begins = [&](const table::ReplyUse& use) {
          const std::string_view form = use.text.substr(0, use.text.find_first_of(" =\r\n"));
          return is_to(use, row.verb) && (form == first || (number && form == "<number>"));
        };
        const auto is_error = [&](const table::ErrorRow& error) {
          return reply.starts_with(error.text);
        };
        EXPECT_TRUE(
            reply.empty() ||
            std::any_of(std::begin(table::kReplyUses), std::end(table::kReplyUses), begins) ||
            std::any_of(std::begin(table::kErrors), std::end(table::kErrors), is_error))
            << line << ": " << reply;
      }
    }
  }
}

TEST(Replies, NoreplyLeavesThemOutWhereTheSyntaxSaysSo) {
  for (const auto& row : table::kCommands) {
    const bool told = row.syntax.ends_with(" [noreply]");
    const bool is_meta = row.syntax.ends_with("<flag>*");  // there it is a repeated flag
    const std::string head = line_of(row, row.tokens.least);
    const std::string value = row.length_index != 0 ? "\r\nen" : "";
    TestCore core;
    const std::string reply = core.ask(head + " noreply" + value + "\r\n");
    if (is_meta || core.session->closing()) continue;
    EXPECT_EQ(reply.empty(), told) << row.syntax << ": " << reply;
  }
}

}  // namespace
}  // namespace isocache
