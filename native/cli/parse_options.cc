#include "native/cli/parse_options.h"

// CLI11's header is large, so only this file includes it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/base/suggestion.h"
#include "native/cli/flag_table.h"
#include "native/cli/given.h"
#include "native/cli/tier_options.h"

namespace isocache {
namespace {

void declare(CLI::App& app, const Flag& flag, Layer& layer) {
  std::string names = flag.letter == kNoLetter ? "" : fmt::format("-{}", flag.letter);
  if (!flag.name.empty()) names += fmt::format("{}--{}", names.empty() ? "" : ",", flag.name);
  if (flag.argument.empty()) {
    app.add_flag_function(names, [&](std::int64_t times) {
      layer.push_back({.flag = &flag,
                       .value = {},
                       .times = static_cast<unsigned>(std::max<std::int64_t>(times, 0))});
    });
    return;
  }
  app.add_option_function<std::vector<std::string>>(names,
                                                    [&](const std::vector<std::string>& values) {
                                                      for (const std::string& value : values)
                                                        add_flag(layer, flag, value, {});
                                                    })
      ->allow_extra_args(false)  // takes one value each time, not all words that follow
      ->take_all();
}

// A hint for an unknown flag or command.
std::string suggestion(int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-') return "; the commands are healthcheck and top";
  std::vector<std::string_view> names;
  for (const Flag& flag : flag_table()) names.push_back(flag.name);
  for (const std::string_view word : std::span(argv, static_cast<std::size_t>(argc))) {
    if (!word.starts_with("--")) continue;
    const std::string_view name = word.substr(2, word.find('=') - 2);
    const std::string_view meant = nearest(name, names);
    if (!meant.empty() && meant != name) return fmt::format("; did you mean --{}?", meant);
  }
  return {};
}

// Checked here, because CLI11 would take the word after "--http=" as its value, and try to read the
// x of "--enable-ssl=x".
void check_equals_signs(std::span<char*> words) {
  for (const std::string_view word : words) {
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string_view::npos) continue;
    const auto flag = std::ranges::find(flag_table(), word.substr(2, equals - 2), &Flag::name);
    if (flag == flag_table().end()) continue;
    if (flag->argument.empty()) throw UsageError(fmt::format("--{} takes no value", flag->name));
    if (equals + 1 == word.size()) throw UsageError(needs_value(*flag));
  }
}

// CLI11's message names the flag and the C++ type of its value: "--http: 1 required TEXT missing".
std::string missing_value(const CLI::ArgumentMismatch& error) {
  const std::string_view text = error.what();
  for (const Flag& flag : flag_table()) {
    if (text.starts_with(fmt::format("--{}:", flag.name))) return needs_value(flag);
  }
  return std::string(text);
}

Layer read_command_line(int argc, char** argv) {
  Layer layer;
  check_equals_signs(std::span(argv, static_cast<std::size_t>(argc)));
  CLI::App app;
  app.set_help_flag();  // the table has a help flag of ours
  for (const Flag& flag : flag_table()) declare(app, flag, layer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ArgumentMismatch& error) {
    throw UsageError(missing_value(error));
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}{}\nisocached -h lists what is known", error.what(),
                                 suggestion(argc, argv)));
  }
  return layer;
}

void apply(const Given& given, Options& options) {
  for (unsigned time = 0; time < given.times; ++time) {
    if (given.flag != nullptr) {
      given.flag->apply(options, given.value);
    } else {
      apply_word(options, *given.word, given.value);
    }
  }
}

// If a higher layer names a setting, it replaces all that lower layers say about it: lists do not
// add up. The lowest layer is applied first. So if two words contradict each other, the word of the
// higher layer counts.
void apply(std::span<const Layer* const> layers, Options& options,
           std::vector<std::string>& faults) {
  for (; !layers.empty(); layers = layers.subspan(1)) {
    for (const Given& given : *layers.front()) {
      const auto names_it = [&](const Layer* higher) {
        return std::ranges::any_of(*higher,
                                   [&](const Given& other) { return other.same_setting(given); });
      };
      if (std::ranges::any_of(layers.subspan(1), names_it)) continue;
      try {
        apply(given, options);
      } catch (const UsageError& error) {
        faults.push_back(given.where.empty() ? std::string(error.what())
                                             : fmt::format("{}: {}", given.where, error.what()));
      }
    }
  }
}

Options defaults() {
  Options options;
  options.host.threads = 4;
  return options;
}

// Warns about flags that need another one: without the warning, a server without TLS would look
// like one with TLS.
void warn_of_no_effect(std::span<const Layer* const> layers, Options& options) {
  const auto of_tls = [](const Given& given) {
    return given.word != nullptr && given.word->name.starts_with("ssl_") &&
           has_effect(given.word->purpose) && given.times != 0;
  };
  for (const Layer* const layer : layers) {
    const auto given = std::ranges::find_if(*layer, of_tls);
    if (given == layer->end() || options.tls.enabled) continue;
    options.warnings.push_back(
        fmt::format("{} is given, but not -Z: nothing is encrypted", given->word->name));
    break;
  }
  if (!options.http.listen.empty()) return;
  for (const auto& [given, flag] :
       {std::pair(!options.http.allowed_origins.empty(), "--allow-origin"),
        std::pair(options.http.deflate, "--websocket-deflate"),
        std::pair(!options.http.playground, "--no-playground"),
        std::pair(!options.http.slab_metrics, "--no-slab-metrics"),
        std::pair(options.http.prefix_metrics != 0, "--prefix-metrics")}) {
    if (given) options.warnings.push_back(fmt::format("{} has no effect without --http", flag));
  }
}

// The file that --config or ISOCACHED_CONFIG names.
std::string config_file(const Layer& flags, const Layer& variables) {
  std::string file;
  for (const Layer* layer : {&variables, &flags}) {
    for (const Given& given : *layer) {
      if (given.flag != nullptr && given.flag->name == "config") file = given.value;
    }
  }
  return file;
}

// As memcached's -S, but that the passwords are those of -Y.
void check_sasl(Options& options) {
  if (options.auth_file.empty()) throw UsageError("-S: add the file of passwords: -Y <file>");
  if (options.protocols == Protocols::kText) {
    throw UsageError("-S: You cannot allow only the ASCII protocol while using SASL.");
  }
  if (!options.protocols_asked) options.protocols = Protocols::kBinary;
}

}  // namespace

Options parse_options(int argc, char** argv, const char* const* environment,
                      std::vector<std::string>* faults) {
  const Layer flags = read_command_line(argc, argv);
  Options options = defaults();
  std::vector<std::string> flag_faults;
  apply(std::array{&flags}, options, flag_faults);
  log_as_json(options.log_format == Options::LogFormat::kJson);
  const bool collects = faults != nullptr && options.check_config;
  if (!flag_faults.empty() && !collects) throw UsageError(flag_faults.front());
  if (options.show != Options::Show::kNothing) return options;

  ReadLayer variables = read_environment(environment);
  ReadLayer file;
  const std::string path = config_file(flags, variables.layer);
  if (!path.empty()) file = read_config_file(path);

  std::vector<std::string> found = std::move(file.errors);
  found.insert(found.end(), variables.errors.begin(), variables.errors.end());
  options = defaults();
  const std::array<const Layer*, 3> layers{&file.layer, &variables.layer, &flags};
  apply(layers, options, found);
  options.warnings.insert(options.warnings.begin(), variables.warnings.begin(),
                          variables.warnings.end());
  warn_of_no_effect(layers, options);
  log_as_json(options.log_format == Options::LogFormat::kJson);
  if (collects) {
    *faults = std::move(found);
  } else if (!found.empty()) {
    throw ConfigError(fmt::format("{}", fmt::join(found, "\n")));
  }
  return options;
}

void make_paths_absolute(Options& options) {
  for (std::string* const path : {&options.auth_file, &options.tls.chain_cert, &options.tls.key,
                                  &options.tls.ca_cert, &options.pid_file, &options.unix_socket}) {
    if (!path->empty()) *path = std::filesystem::absolute(*path).string();
  }
  for (TierOptions::File& file : options.tier.files) {
    file.path = std::filesystem::absolute(file.path).string();
  }
}

void check_options(Options& options) {
  Settings& settings = options.settings;
  if (settings.max_item_bytes > settings.max_bytes / 2) {
    if (options.max_item_asked) {
      throw UsageError("-I: Cannot set item size limit higher than 1/2 of memory max.");
    }
    settings.max_item_bytes = settings.max_bytes / 2;
  }
  if (options.sasl_asked) check_sasl(options);
  if (!options.tier.files.empty()) check_tier(options);
}

}  // namespace isocache
