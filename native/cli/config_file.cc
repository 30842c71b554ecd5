// The configuration file and the environment: both consist of names with values.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <span>
#include <system_error>

#include "native/base/errors.h"
#include "native/base/file_descriptor.h"
#include "native/base/parse_number.h"
#include "native/base/suggestion.h"
#include "native/cli/given.h"

namespace isocache {
namespace {

constexpr std::string_view kVariablePrefix = "ISOCACHED_";
constexpr std::array<std::string_view, 5> kCommandLineOnly = {"help", "version", "license", "print",
                                                              "check-config"};
// An empty variable counts as not set. But if one of these was left empty by mistake, the cache
// must not be open to all.
struct Guard {
  std::string_view variable;
  std::string_view gives;
};
constexpr std::array<Guard, 4> kGuards = {{{"ISOCACHED_AUTH_FILE", "passwords"},
                                           {"ISOCACHED_ENABLE_SSL", "TLS"},
                                           {"ISOCACHED_SSL_VERIFY_MODE", "clients' certificates"},
                                           {"ISOCACHED_SSL_CA_CERT", "clients' certificates"}}};
constexpr unsigned kMaxTimes = 9;  // how often a switch may be given

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

// Parses yes, no, or a number of times.
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

// "maxconns_fast = no" means no_maxconns_fast, if there is such a word.
void switch_off(Given& given) {
  if (given.word == nullptr) return;
  if (const Word* const opposite = find_word(fmt::format("no_{}", given.word->name))) {
    given.word = opposite;
    given.times = 1;
  }
}

// Either `flag` or `word` is null. Throws UsageError.
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
    do {
      const auto comma = word->is_list ? value.find(',') : std::string_view::npos;
      given.value = trimmed(value.substr(0, comma));
      layer.push_back(given);
      value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    } while (!value.empty());
  }
}

std::string did_you_mean(std::string_view meant) {
  return meant.empty() ? "isocached -h lists what is known"
                       : fmt::format("did you mean {}?", meant);
}

// A line of memcached's configuration file, "-m 64", as it is written here. Empty: it is none.
std::string from_memcached(std::string_view line) {
  if (!line.starts_with('-') || line.size() < 2) return {};
  const bool is_long = line.starts_with("--");
  const auto end = is_long ? line.find_first_of("= \t") : 2;
  const auto flags = flag_table();
  const auto flag = is_long ? std::ranges::find(flags, line.substr(2, end - 2), &Flag::name)
                            : std::ranges::find(flags, line[1], &Flag::letter);
  if (flag == flags.end() || !allowed_in_file(flag->name)) return {};
  std::string_view value = trimmed(line.substr(std::min(end, line.size())));
  if (value.starts_with('=')) value = trimmed(value.substr(1));
  std::string written(flag->name);
  if (!flag->argument.empty()) {
    written += fmt::format(" = {}", value.empty() ? flag->argument : value);
  } else if (!value.empty() && value.find_first_not_of(flag->letter) == std::string_view::npos) {
    written += fmt::format(" = {}", value.size() + 1);  // -vv
  }
  return fmt::format("'{}': write {}; lines are name = value, with a flag's long name", line,
                     written);
}

// The error for a line whose name is unknown. `name`: the text before '=', or the whole line.
std::string unknown_name(std::string_view name, bool has_equals) {
  const auto blank = name.find_first_of(" \t");
  const std::string_view word = name.substr(0, blank);
  if (!has_equals && blank != std::string_view::npos &&
      (find_flag(word) != nullptr || find_word(word) != nullptr)) {
    return fmt::format("'=' is missing: {} = {}", word, trimmed(name.substr(blank)));
  }
  return fmt::format("'{}' is not known; {}", name, did_you_mean(nearest(name, known_names())));
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
    const std::string theirs = from_memcached(line);
    const bool has_equals = equals != std::string_view::npos;
    read.errors.push_back(
        fmt::format("{}: {}", where, theirs.empty() ? unknown_name(name, has_equals) : theirs));
  } else {
    try {
      add(read.layer, flag, word, value, where);
    } catch (const UsageError& error) {
      read.errors.push_back(fmt::format("{}: {}: {}", where, name, error.what()));
    }
  }
}

// If two lines give the same setting, one of them is a mistake.
void find_repeated(ReadLayer& read) {
  for (auto later = read.layer.begin(); later != read.layer.end(); ++later) {
    if (later->is_list()) continue;
    const auto earlier = std::find_if(
        read.layer.begin(), later, [&](const Given& other) { return other.same_setting(*later); });
    if (earlier == later) continue;
    read.errors.push_back(fmt::format(
        "{}: {} is given already at {}", later->where,
        later->flag != nullptr ? later->flag->name : later->word->name, earlier->where));
  }
}

// For a service named "isocached", Kubernetes sets variables in each container that tell where the
// service is. Their names look like ours.
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
  if (value.empty()) throw UsageError(needs_value(flag));
  if (flag.name != "extended") {
    layer.push_back({.flag = &flag, .value = std::string(value), .where = std::string(where)});
    return;
  }
  for_each_word(value, [&](const Word& word, std::string_view word_value) {
    layer.push_back({.word = &word, .value = std::string(word_value), .where = std::string(where)});
  });
}

ReadLayer read_config_text(std::string_view text, std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  ReadLayer read;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!line.empty()) read_line(read, line, fmt::format("{}:{}", file, number));
  }
  find_repeated(read);
  return read;
}

ReadLayer read_config_file(const std::string& path) {
  std::string text;
  std::array<char, 4096> buffer;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  while (file) {
    const ssize_t bytes = ::read(file.get(), buffer.data(), buffer.size());
    if (bytes == 0) return read_config_text(text, path);
    if (bytes < 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  ReadLayer read;
  read.errors.push_back(
      fmt::format("--config: cannot read {}: {}", path, std::generic_category().message(errno)));
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
    const auto guard = std::ranges::find(kGuards, name, &Guard::variable);
    if (value.empty() && guard != kGuards.end()) {
      read.errors.push_back(
          fmt::format("{} is empty; unset it to serve without {}", name, guard->gives));
    } else if (!value.empty() && !of_kubernetes(name, value)) {
      read_variable(read, name, value);
    }
  }
  return read;
}

}  // namespace isocache
