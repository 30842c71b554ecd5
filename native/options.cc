#include "native/options.h"

// CLI11's header is the largest this file includes; no other file needs it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "native/errors.h"
#include "native/flag_table.h"

namespace isocache {
namespace {

void add_flag(CLI::App& app, const Flag& flag, Options& options) {
  std::string names = flag.letter == kNoLetter ? "" : fmt::format("-{}", flag.letter);
  if (!flag.name.empty()) names += fmt::format("{}--{}", names.empty() ? "" : ",", flag.name);
  if (flag.argument.empty()) {
    app.add_flag_function(names, [&](std::int64_t times) {
      for (; times > 0; --times) flag.apply(options, {});
    });
    return;
  }
  app.add_option_function<std::vector<std::string>>(names,
                                                    [&](const std::vector<std::string>& values) {
                                                      for (const std::string& value : values)
                                                        flag.apply(options, value);
                                                    })
      ->allow_extra_args(false)  // one value each time it is given, not all that follow
      ->take_all();
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  options.settings.threads = 4;
  CLI::App app;
  app.set_help_flag();  // ours is in the table
  for (const Flag& flag : flag_table()) add_flag(app, flag, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}\nisocached -h lists what is known", error.what()));
  }
  return options;
}

void check_options(Options& options) {
  Settings& settings = options.settings;
  settings.max_bytes = std::max(settings.max_bytes, limits::kMinStoreBytes);
  if (settings.max_item_bytes > settings.max_bytes / 2) {
    if (options.max_item_asked) {
      throw UsageError("Cannot set item size limit higher than 1/2 of memory max.");
    }
    settings.max_item_bytes = settings.max_bytes / 2;
  }
}

}  // namespace isocache
