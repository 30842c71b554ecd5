// The configuration file and the environment: both are names with values.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>

#include "native/errors.h"
#include "native/given.h"
#include "native/suggestion.h"
#include "native/text.h"

namespace isocache {
namespace {

constexpr std::string_view kVariablePrefix = "ISOCACHED_";
constexpr std::array<std::string_view, 5> kCommandLineOnly = {"help", "version", "license", "print",
                                                              "check-config"};
constexpr unsigned kMaxTimes = 9;  // of a switch

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string_view without_comment(std::string_view line) {
  for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

const Flag* find_flag(std::string_view name) {
  const auto flags = flag_table();
  const auto flag = std::ranges::find(flags, name, &Flag::name);
  return flag == flags.end() || name.empty() ? nullptr : &*flag;
}

std::vector<std::string_view> known_names() {
  std::vector<std::string_view> names;
  for (const Flag& flag : flag_table()) {
    if (std::ranges::find(kCommandLineOnly, flag.name) == kCommandLineOnly.end())
      names.push_back(flag.name);
  }
  for (const Word& word : word_table()) names.push_back(word.name);
  return names;
}

std::string variable(std::string_view name) {
  std::string text(kVariablePrefix);
  for (const char c : name)
    text += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// yes, no, or how often.
bool parse_times(std::string_view value, unsigned& times) {
  if (value.empty() || value == "yes" || value == "on" || value == "true") {
    times = 1;
  } else if (value == "no" || value == "off" || value == "false") {
    times = 0;
  } else {
    return parse_number(value, times) && times <= kMaxTimes;
  }
  return true;
}

// "maxconns_fast = no" means no_maxconns_fast, where there is such a word.
void switch_off(Given& given) {
  if (given.word == nullptr) return;
  if (const Word* const opposite = find_word(fmt::format("no_{}", given.word->name))) {
    given.word = opposite;
    given.times = 1;
  }
}

// `flag` or `word` is null. Throws UsageError.
void add(Layer& layer, const Flag* flag, const Word* word, std::string_view value,
         std::string_view where) {
  const std::string_view argument = flag != nullptr ? flag->argument : word->argument;
  Given given{.flag = flag, .word = word, .value = {}, .where = std::string(where)};
  if (argument.empty()) {
    if (!parse_times(value, given.times))
      throw UsageError(fmt::format("yes or no, not '{}'", value));
    if (given.times == 0) switch_off(given);
    layer.push_back(std::move(given));
  } else if (flag != nullptr) {
    if (value.empty()) throw UsageError(fmt::format("needs a value, {}", argument));
    add_flag(layer, *flag, value, where);
  } else {
    given.value = value;
    layer.push_back(std::move(given));
  }
}

std::string did_you_mean(std::string_view meant) {
  return meant.empty() ? "isocached -h lists what is known"
                       : fmt::format("did you mean {}?", meant);
}

void read_line(ReadLayer& read, std::string_view line, const std::string& where) {
  const auto equals = line.find('=');
  const std::string_view name = trimmed(line.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : trimmed(line.substr(equals + 1));
  const Flag* const flag = find_flag(name);
  const Word* const word = find_word(name);
  if (flag != nullptr && !allowed_in_file(name)) {
    read.errors.push_back(fmt::format("{}: '{}' belongs on the command line", where, name));
  } else if (flag == nullptr && word == nullptr) {
    read.errors.push_back(fmt::format("{}: '{}' is not known; {}", where, name,
                                      did_you_mean(nearest(name, known_names()))));
  } else {
    try {
      add(read.layer, flag, word, value, where);
    } catch (const UsageError& error) {
      read.errors.push_back(fmt::format("{}: {}: {}", where, name, error.what()));
    }
  }
}

// Kubernetes tells each container of a service "isocached" where that is, by variables of our
// names.
bool of_kubernetes(std::string_view name, std::string_view value) {
  name.remove_prefix(kVariablePrefix.size());
  constexpr std::string_view kPort = "PORT_";
  return name.starts_with("SERVICE_") ||
         (name == "PORT" && value.find("://") != std::string_view::npos) ||
         (name.starts_with(kPort) && name.size() > kPort.size() &&
          std::isdigit(static_cast<unsigned char>(name[kPort.size()])) != 0);
}

void read_variable(ReadLayer& read, std::string_view name, std::string_view value) {
  const auto names = known_names();
  const auto is_it = [&](std::string_view known) { return variable(known) == name; };
  const auto known = std::ranges::find_if(names, is_it);
  if (known == names.end()) {
    const std::string_view meant =
        nearest(name.substr(std::min(kVariablePrefix.size(), name.size())), names);
    read.warnings.push_back(fmt::format("{} is not known and has no effect; {}", name,
                                        did_you_mean(meant.empty() ? "" : variable(meant))));
    return;
  }
  try {
    add(read.layer, find_flag(*known), find_word(*known), value, name);
  } catch (const UsageError& error) {
    read.errors.push_back(fmt::format("{}: {}", name, error.what()));
  }
}

}  // namespace

bool allowed_in_file(std::string_view name) {
  return name != "config" && std::ranges::find(kCommandLineOnly, name) == kCommandLineOnly.end();
}

void add_flag(Layer& layer, const Flag& flag, std::string_view value, std::string_view where) {
  if (flag.name != "extended") {
    layer.push_back({.flag = &flag, .value = std::string(value), .where = std::string(where)});
    return;
  }
  for_each_word(value, [&](const Word& word, std::string_view word_value) {
    layer.push_back({.word = &word, .value = std::string(word_value), .where = std::string(where)});
  });
}

ReadLayer read_config_text(std::string_view text, std::string_view file) {
  ReadLayer read;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!line.empty()) read_line(read, line, fmt::format("{}:{}", file, number));
  }
  return read;
}

ReadLayer read_config_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.good() || file.eof()) return read_config_text(text, path);
  ReadLayer read;
  read.errors.push_back(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return read;
}

ReadLayer read_environment(const char* const* environment) {
  ReadLayer read;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const auto equals = entry.find('=');
    if (!entry.starts_with(kVariablePrefix) || equals == std::string_view::npos) continue;
    const std::string_view name = entry.substr(0, equals);
    const std::string_view value = trimmed(entry.substr(equals + 1));
    if (!value.empty() && !of_kubernetes(name, value)) read_variable(read, name, value);
  }
  return read;
}

}  // namespace isocache
