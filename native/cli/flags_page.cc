// native/docs/flags.md, from the tables. tests/e2e/cli.test.mjs holds the page to it.
#include <fmt/format.h>

#include <string>

#include "native/cli/flag_table.h"

namespace isocache {
namespace {

// Text as Markdown takes it inside a table.
std::string escaped(std::string_view text) {
  std::string markdown;
  for (const char c : text) {
    if (c == '<') {
      markdown += "&lt;";
    } else {
      if (c == '|' || c == '*') markdown += '\\';
      markdown += c;
    }
  }
  return markdown;
}

std::string names(const Flag& flag, std::string_view joint) {
  std::string text = flag.letter == kNoLetter ? "" : fmt::format("`-{}`", flag.letter);
  if (flag.name.empty()) return text;
  return text + fmt::format("{}`--{}`", text.empty() ? "" : joint, flag.name);
}

std::string row(std::string_view names, std::string_view argument, std::string_view help) {
  const std::string behind = argument.empty() ? "" : fmt::format(" {}", escaped(argument));
  return fmt::format("| {}{} | {} |\n", names, behind, escaped(help));
}

std::string table(Purpose purpose) {
  std::string text = "| flag | |\n|---|---|\n";
  for (const Flag& flag : flag_table()) {
    if (flag.purpose == purpose) text += row(names(flag, ", "), flag.argument, flag.help);
  }
  for (const Word& word : word_table()) {
    if (word.purpose != purpose) continue;
    text += row(fmt::format("`-o` `{}`", word.name), word.argument, word.help);
  }
  return text;
}

// Flags without an effect need no explanation.
std::string list(Purpose purpose) {
  std::string text;
  const auto add = [&text](std::string_view one) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", one);
  };
  for (const Flag& flag : flag_table()) {
    if (flag.purpose == purpose) add(names(flag, " "));
  }
  for (const Word& word : word_table()) {
    if (word.purpose == purpose) add(fmt::format("`{}`", word.name));
  }
  return text + '\n';
}

constexpr std::string_view kBegin = R"(# Flags of isocached

Made by `isocached --print flags`; `isocached -h` prints the same in a terminal. Letters and names are memcached's.
Words of `-o` follow it after a space or a comma: `-o idle_timeout=60,maxconns_fast`.

The names work in a configuration file (`--config FILE`, lines `memory-limit = 1024`) and as environment variables
(`ISOCACHED_MEMORY_LIMIT=1024`) too. A flag wins over its variable, and a variable over the file.
)";

constexpr std::string_view kSignals = R"(
## Signals

| signal | |
|---|---|
| SIGTERM, SIGINT | serve on for `--drain-delay`, refuse new connections, finish what has begun within `--drain-timeout`, and end; a second one ends the server at once |
| SIGUSR1 | the same without the delay |
| SIGHUP | read certificates and passwords again; if that fails, the old ones stay in force |
)";

}  // namespace

std::string flags_page() {
  std::string text(kBegin);
  for (const Purpose purpose : purposes()) {
    text += fmt::format("\n## {}\n\n{}", heading(purpose),
                        has_effect(purpose) ? table(purpose) : list(purpose));
  }
  return text.append(kSignals);
}

}  // namespace isocache
