// commands.def, meta_flags.def and replies.def: their texts are complete and true.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/commands.h"
#include "protocol/parser.h"
#include "protocol/tables.h"
#include "unit/core_fixture.h"
#include "unit/examples.h"
#include "unit/table_lines.h"

namespace isocache {
namespace {

using table::Example;

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
  EXPECT_LE(not_played, 2U);  // too many connections, new certificates
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

std::string reply_to(const std::string& line) {
  TestCore core;
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

// The value ends where the token says: the bytes after it are the next command.
TEST(Tables, TheLengthOfTheValueIsTheTokenThatTheTableNames) {
  for (const auto& row : table::kCommands) {
    if (row.key.keys == table::Keys::kNoKey) continue;
    std::string line = line_of(row, row.tokens.least);
    if (row.length_index != 0) {
      std::vector<std::string> words = words_of(line);
      words[row.length_index] = "4";
      line = joined(words);
    }
    TestCore core;
    const std::string reply = core.ask(line + "\r\nmn\r\n\r\n" + "version\r\n");
    EXPECT_EQ(reply.find("MN") == std::string::npos, row.length_index != 0) << line << reply;
    EXPECT_TRUE(reply.ends_with("VERSION 1.6.45\r\n")) << line << reply;
  }
}

}  // namespace
}  // namespace isocache
