// A configuration file to begin with, made from the tables. It has all names, commented out.
#include <fmt/format.h>

#include <string>

#include "native/cli/flag_table.h"
#include "native/cli/given.h"

namespace isocache {
namespace {

std::string entry(std::string_view name, std::string_view argument, std::string_view help) {
  return fmt::format("\n# {}\n#{} = {}\n", help, name, argument.empty() ? "yes" : argument);
}

}  // namespace

std::string config_template() {
  std::string text =
      "# isocached's configuration; made by isocached --print config\n"
      "# Lines: name = value. Take away the # and put in a value. `isocached --check-config "
      "--config "
      "FILE` checks it.\n";
  for (const Purpose purpose : purposes()) {
    if (!has_effect(purpose)) continue;
    text += fmt::format("\n# ---- {}\n", heading(purpose));
    for (const Flag& flag : flag_table()) {
      const bool is_setting = allowed_in_file(flag.name) && flag.name != "extended";
      if (flag.purpose == purpose && is_setting) text += entry(flag.name, flag.argument, flag.help);
    }
    for (const Word& word : word_table()) {
      if (word.purpose == purpose) text += entry(word.name, word.argument, word.help);
    }
  }
  return text;
}

}  // namespace isocache
