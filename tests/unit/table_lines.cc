#include "unit/table_lines.h"

#include <algorithm>

#include "protocol/commands.h"
#include "protocol/tokens.h"

namespace isocache {
namespace {

constexpr unsigned kMaxMetaTokens = 20;

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  Tokens tokens(text);
  for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
    words.emplace_back(word);
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += line.empty() ? word : " " + word;
  return line;
}

std::string line_of(const table::CommandRow& row, unsigned count) {
  // The tokens of an example are good, and so are these flags; "0" is good or ignored.
  constexpr std::string_view kFlags[] = {"c",  "f",  "h",  "k",  "l", "q",  "s", "t",  "u", "v",
                                         "C1", "D1", "E1", "F1", "I", "J1", "L", "N0", "O1"};
  const std::string verb(row.verb);
  const std::string_view request = row.example.request;
  const std::size_t begin =
      request.find(row.subcommand.empty() ? verb : verb + " " + std::string(row.subcommand));
  const std::size_t end = std::min(request.find('\n', begin), request.size());
  std::vector<std::string> words = words_of(request.substr(begin, end - begin));
  const bool takes_flags = row.tokens.most == kMaxMetaTokens;
  const bool is_admin = family_of(find_command(row.verb)) == CommandFamily::kAdmin;
  if (takes_flags || (is_admin && row.subcommand.empty())) {
    words.resize(std::min<std::size_t>(words.size(), row.tokens.least));
  }
  for (std::size_t i = 0; words.size() < count; ++i) {
    words.emplace_back(takes_flags ? kFlags[i] : std::string_view("0"));
  }
  words.resize(count);
  return joined(words);
}

}  // namespace isocache
