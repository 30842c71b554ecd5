// Reads the command line's words into a layer.
// CLI11's header is large, so only this file includes it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/errors.h"
#include "native/base/suggestion.h"
#include "native/cli/flag_table.h"
#include "native/cli/given.h"

namespace isocache {
namespace {

void declare(CLI::App& app, const Flag& flag, ReadLayer& read) {
  std::string names = flag.letter == kNoLetter ? "" : fmt::format("-{}", flag.letter);
  if (!flag.name.empty()) names += fmt::format("{}--{}", names.empty() ? "" : ",", flag.name);
  if (flag.argument.empty()) {
    app.add_flag_function(names, [&](std::int64_t times) {
      read.layer.push_back({.flag = &flag,
                            .value = {},
                            .times = static_cast<unsigned>(std::max<std::int64_t>(times, 0))});
    });
    return;
  }
  const auto add = [&](const std::string& value) {
    try {
      add_flag(read.layer, flag, value, {});
    } catch (const UsageError& error) {
      read.errors.emplace_back(error.what());
    }
  };
  app.add_option_function<std::vector<std::string>>(
         names,
         [add](const std::vector<std::string>& values) { std::ranges::for_each(values, add); })
      ->allow_extra_args(false)  // takes one value each time, not all words that follow
      ->take_all();
}

// A hint for an unknown flag or command.
std::string suggestion(std::span<const std::string> words) {
  if (!words.front().starts_with('-')) return "; the commands are healthcheck and top";
  std::vector<std::string_view> names;
  for (const Flag& flag : flag_table()) names.push_back(flag.name);
  for (const std::string_view word : words) {
    if (!word.starts_with("--")) continue;
    const std::string_view meant = nearest(word.substr(2, word.find('=') - 2), names);
    if (!meant.empty()) return fmt::format("; did you mean --{}?", meant);
  }
  return {};
}

const Flag* find_long(std::string_view name) {
  const auto flag = std::ranges::find(flag_table(), name, &Flag::name);
  return flag == flag_table().end() || name.empty() ? nullptr : &*flag;
}

const Flag* find_letter(char letter) {
  const auto flag = std::ranges::find(flag_table(), letter, &Flag::letter);
  return flag == flag_table().end() || letter == kNoLetter ? nullptr : &*flag;
}

// "-p", "-p0", "--port", "--port=0"
bool begins_flag(std::string_view word) {
  if (word.starts_with("--")) return find_long(word.substr(2, word.find('=') - 2)) != nullptr;
  return word.size() > 1 && word.front() == '-' && find_letter(word[1]) != nullptr;
}

// The flag whose value is the next word. Null: the word is complete, or no flag of ours.
const Flag* wants_next(std::string_view word) {
  if (word.starts_with("--")) {
    const Flag* const flag = find_long(word.substr(2));
    return flag != nullptr && !flag->argument.empty() ? flag : nullptr;
  }
  if (!word.starts_with('-')) return nullptr;
  for (std::size_t at = 1; at < word.size(); ++at) {
    const Flag* const flag = find_letter(word[at]);
    if (flag == nullptr) return nullptr;
    if (!flag->argument.empty()) return at + 1 == word.size() ? flag : nullptr;
  }
  return nullptr;
}

// What is wrong with "--http=" or "--enable-ssl=x"; empty: nothing.
std::string equals_fault(std::string_view word) {
  const auto equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string_view::npos) return {};
  const Flag* const flag = find_long(word.substr(2, equals - 2));
  if (flag == nullptr) return {};
  if (flag->argument.empty()) return fmt::format("--{} takes no value", flag->name);
  return equals + 1 == word.size() ? needs_value(*flag) : std::string();
}

// Without the flags that lack their value: CLI11 would take the next flag for it, and blame
// another word.
std::vector<std::string> complete_words(std::span<char*> given, std::vector<std::string>& errors) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < given.size(); ++at) {
    const std::string_view word = given[at];
    if (std::string fault = equals_fault(word); !fault.empty()) {
      errors.push_back(std::move(fault));
      continue;
    }
    const Flag* const flag = wants_next(word);
    if (flag == nullptr) {
      words.emplace_back(word);
    } else if (at + 1 < given.size() && !begins_flag(given[at + 1])) {
      words.emplace_back(word);
      words.emplace_back(given[++at]);
    } else {
      errors.push_back(needs_value(*flag));
      const bool has_more = !word.starts_with("--") && word.size() > 2;  // -vm
      if (has_more) words.emplace_back(word.substr(0, word.size() - 1));
    }
  }
  return words;
}

}  // namespace

ReadLayer read_command_line(int argc, char** argv) {
  ReadLayer read;
  const std::span all(argv, static_cast<std::size_t>(argc));
  std::vector<std::string> words = complete_words(all.subspan(all.empty() ? 0 : 1), read.errors);
  CLI::App app;
  app.set_help_flag();  // the table has a help flag of ours
  app.allow_extras();
  for (const Flag& flag : flag_table()) declare(app, flag, read);
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    read.errors.emplace_back(error.what());
  }
  std::vector<std::string> unknown = app.remaining();
  std::erase(unknown, "--");
  if (!unknown.empty()) {
    read.errors.push_back(fmt::format("not expected: {}{}\nisocached -h lists what is known",
                                      fmt::join(unknown, " "), suggestion(unknown)));
  }
  return read;
}

}  // namespace isocache
