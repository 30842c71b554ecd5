// What the user asked for, before it takes effect: a layer each for the command line, the
// environment and the configuration file. Merged by parse_options().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/cli/flag_table.h"

namespace isocache {

struct Given {
  const Flag* flag = nullptr;  // this,
  const Word* word = nullptr;  // or this
  std::string value;           // empty: a switch
  unsigned times = 1;          // a switch: how often, as in -vv; 0: it is off
  std::string where = {};      // "isocached.conf:3", "ISOCACHED_PORT"; empty: the command line

  bool same_setting(const Given& other) const { return flag == other.flag && word == other.word; }
};
using Layer = std::vector<Given>;

// Adds a flag's value to a layer; -o's is taken apart. Throws UsageError: unknown words, no value.
void add_flag(Layer& layer, const Flag& flag, std::string_view value, std::string_view where);

struct ReadLayer {
  Layer layer;
  std::vector<std::string> errors;    // "isocached.conf:3: 'prot' is not known; ..."
  std::vector<std::string> warnings;  // "ISOCACHED_PROT is not known; ..."
};

// Lines "name = value", where name is a flag's long name or a word of -o; a switch may stand alone,
// or have a value yes or no. '#' at a line's start or behind a blank begins a comment.
// Not for what ends at once (help), nor for the file's own name. What is no list is given once.
bool allowed_in_file(std::string_view name);
ReadLayer read_config_text(std::string_view text, std::string_view file);
ReadLayer read_config_file(const std::string& path);
// ISOCACHED_MEMORY_LIMIT=64: the same names. Empty values are as if not set, but for passwords': a
// variable that somebody forgot must not open a cache to all.
ReadLayer read_environment(const char* const* environment);

}  // namespace isocache
