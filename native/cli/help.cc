// The text of -h, from the tables.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "native/cli/flag_table.h"

namespace isocache {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kLineColumns = 100;

// Writes `names`, then `help` in a column of its own, broken between words.
std::string entry(std::string_view names, std::string_view help) {
  std::string text = fmt::format("  {:<{}}", names, kNameColumns - kIndent);
  if (kIndent + names.size() + 1 > kNameColumns) text += fmt::format("\n{:{}}", "", kNameColumns);
  constexpr std::size_t kHelpColumns = kLineColumns - kNameColumns;
  while (help.size() > kHelpColumns) {
    const auto space = help.rfind(' ', kHelpColumns);
    if (space == std::string_view::npos) break;
    text += fmt::format("{}\n{:{}}", help.substr(0, space), "", kNameColumns);
    help.remove_prefix(space + 1);
  }
  return fmt::format("{}{}\n", text, help);
}

std::string entry(const Flag& flag) {
  std::string names = flag.letter == kNoLetter ? "    " : fmt::format("-{}", flag.letter);
  if (!flag.name.empty()) {
    names += fmt::format("{}--{}", flag.letter == kNoLetter ? "" : ", ", flag.name);
  }
  if (!flag.argument.empty()) {
    names += fmt::format("{}{}", flag.name.empty() ? " " : "=", flag.argument);
  }
  return entry(names, flag.help);
}

std::string entry(const Word& word) {
  return entry(fmt::format("-o {}{}{}", word.name, word.argument.empty() ? "" : "=", word.argument),
               word.help);
}

// Words that need no explanation, in one paragraph.
std::string word_list(Purpose purpose) {
  std::string list;
  for (const Word& word : word_table()) {
    if (word.purpose == purpose) list += fmt::format("{}{}", list.empty() ? "" : " ", word.name);
  }
  return list.empty() ? list : entry("-o", list);
}

std::string section(Purpose purpose) {
  std::string text = fmt::format("\n{}\n", heading(purpose));
  for (const Flag& flag : flag_table()) {
    if (flag.purpose == purpose) text += entry(flag);
  }
  if (!has_effect(purpose)) return text + word_list(purpose);
  for (const Word& word : word_table()) {
    if (word.purpose == purpose) text += entry(word);
  }
  return text;
}

}  // namespace

std::string help_text() {
  std::string text =
      "isocached: a cache that speaks memcached's text, meta and binary protocols\n"
      "\n"
      "  isocached                        127.0.0.1:11211, 64 MB, 4 threads\n"
      "  isocached -m 1024 -l 0.0.0.0     1 GB, for the network\n"
      "  isocached -s /run/cache.sock     a unix socket instead of TCP\n"
      "  isocached healthcheck [ADDRESS]  ask whether a running server is healthy (add "
      "-h for help)\n"
      "  isocached top [ADDRESS]          show what happens in a running server, live\n";
  for (const Purpose purpose : purposes()) text += section(purpose);
  return text;
}

}  // namespace isocache
