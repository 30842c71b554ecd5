#include "native/cli/parse_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/cli/flag_table.h"
#include "native/cli/given.h"
#include "native/cli/tier_options.h"

namespace isocache {
namespace {

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

// A word of the flash tier, if there is no flash tier.
std::string_view lone_tier_word(std::span<const Layer* const> layers) {
  std::string_view lone;
  for (const Layer* const layer : layers) {
    for (const Given& given : *layer) {
      if (given.word == nullptr || given.times == 0) continue;
      if (given.word->name == "ext_path") return {};
      if (given.word->name.starts_with("ext_")) lone = given.word->name;
    }
  }
  return lone;
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
  if (const std::string_view word = lone_tier_word(layers); !word.empty()) {
    options.warnings.push_back(fmt::format("{} has no effect without ext_path", word));
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

void check_item_size(Options& options) {
  Settings& settings = options.settings;
  if (settings.max_item_bytes <= settings.max_bytes / 2) return;
  if (options.max_item_asked) {
    throw UsageError("-I: Cannot set item size limit higher than 1/2 of memory max.");
  }
  settings.max_item_bytes = settings.max_bytes / 2;
}

// As memcached's -S, but that the passwords are those of -Y.
void check_sasl(Options& options) {
  if (!options.sasl_asked) return;
  if (options.auth_file.empty()) throw UsageError("-S: add the file of passwords: -Y <file>");
  if (options.protocols == Protocols::kText) {
    throw UsageError("-S: You cannot allow only the ASCII protocol while using SASL.");
  }
  if (!options.protocols_asked) options.protocols = Protocols::kBinary;
}

}  // namespace

Options parse_options(int argc, char** argv, const char* const* environment,
                      std::vector<std::string>* faults) {
  const ReadLayer command_line = read_command_line(argc, argv);
  const Layer& flags = command_line.layer;
  Options options = defaults();
  std::vector<std::string> flag_faults = command_line.errors;
  apply(std::array{&flags}, options, flag_faults);
  log_as_json(options.log_format == Options::LogFormat::kJson);
  const bool collects = faults != nullptr && options.check_config;
  if (!flag_faults.empty() && !collects) throw UsageError(flag_faults.front());
  if (options.show != Options::Show::kNothing) return options;

  ReadLayer variables = read_environment(environment);
  ReadLayer file;
  const std::string path = config_file(flags, variables.layer);
  if (!path.empty()) file = read_config_file(path);

  std::vector<std::string> found = command_line.errors;
  found.insert(found.end(), file.errors.begin(), file.errors.end());
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

std::vector<std::string> find_contradictions(Options& options) {
  std::vector<std::string> found;
  for (const auto check : {check_item_size, check_sasl, check_tier}) {
    try {
      check(options);
    } catch (const UsageError& error) {
      found.emplace_back(error.what());
    }
  }
  return found;
}

void check_options(Options& options) {
  const std::vector<std::string> found = find_contradictions(options);
  if (!found.empty()) throw UsageError(found.front());
}

}  // namespace isocache
