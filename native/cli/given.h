// What the user asked for, before it takes effect. The command line, the environment and the
// configuration file are a layer each. parse_options() merges them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/cli/flag_table.h"

namespace isocache {

struct Given {
  const Flag* flag = nullptr;  // either this ...
  const Word* word = nullptr;  // ... or this is set
  std::string value;           // empty: a switch
  unsigned times = 1;          // how often a switch was given, as in -vv; 0: it is off
  std::string where = {};      // "isocached.conf:3", "ISOCACHED_PORT"; empty: the command line

  bool is_list() const { return flag != nullptr ? flag->is_list : word->is_list; }
  bool same_setting(const Given& other) const { return flag == other.flag && word == other.word; }
};
using Layer = std::vector<Given>;

// Adds a flag's value to a layer; splits the value of -o. Throws UsageError: no value; or unknown
// words, when the known ones are added.
void add_flag(Layer& layer, const Flag& flag, std::string_view value, std::string_view where);

struct ReadLayer {
  Layer layer;
  std::vector<std::string> errors;    // "isocached.conf:3: 'prot' is not known; ..."
  std::vector<std::string> warnings;  // "ISOCACHED_PROT is not known; ..."
};

// Lines "name = value". The name is a flag's long name or a word of -o. A switch may stand alone,
// or have the value yes or no. A '#' at the start of a line or behind a blank begins a comment.
// Not allowed: flags that print something and end (help), and the flag that names the file. A flag
// or a word that is not a list may be given once. Commas separate the values of a list.
bool allowed_in_file(std::string_view name);
ReadLayer read_config_text(std::string_view text, std::string_view file);
ReadLayer read_config_file(const std::string& path);
// The words behind the program's name. It reads on behind what is wrong.
ReadLayer read_command_line(int argc, char** argv);
// ISOCACHED_MEMORY_LIMIT=64: the same names. An empty variable counts as not set, except the
// variables that protect the cache: a forgotten value must not open it to all.
ReadLayer read_environment(const char* const* environment);

}  // namespace isocache
