// All flags of the command line. The parser, -h, the manual page and shell completion read this
// table.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// The headings of -h, in its order.
enum class Purpose {
  kListening,
  kMemory,
  kConnections,
  kCommands,
  kProcess,
  kAccepted,  // for memcached's command lines; no effect
  kRefused,   // memcached has it, this server does not
};
std::string_view heading(Purpose purpose);

constexpr char kNoLetter = '\0';

struct Flag {
  char letter;                // -p, or kNoLetter
  std::string_view name;      // --port
  std::string_view argument;  // "<num>", or a choice such as "<text|json>"; empty: a switch
  Purpose purpose;
  std::string_view help;
  // Called each time the flag is given. A switch gets an empty value. Throws UsageError.
  void (*apply)(Options& options, std::string_view value);
  bool is_list = false;  // may be given several times; each adds to the list
};
std::span<const Flag> flag_table();
// "-Y needs a value: <file>"
std::string needs_value(const Flag& flag);

// A word of -o.
struct Word {
  std::string_view name;      // idle_timeout
  std::string_view argument;  // "<s>"; empty: none
  Purpose purpose;
  std::string_view help;
  void (*apply)(Options& options, std::string_view value);
  bool is_list = false;  // may be given several times; each adds to the list
};
std::span<const Word> word_table();
// Null: there is no flag (or word) of this name.
const Word* find_word(std::string_view name);
// `value` is empty if none was given. Throws UsageError.
void apply_word(Options& options, const Word& word, std::string_view value);
// Splits the value of -o, such as "idle_timeout=5,no_maxconns_fast". When the known words are
// visited, throws UsageError that names all unknown ones.
void for_each_word(std::string_view list,
                   const std::function<void(const Word&, std::string_view value)>& visit);
void apply_words(Options& options, std::string_view list);

// The choices of an argument: {"text", "json"} for "<text|json>". Empty if any value is allowed.
std::vector<std::string_view> choices(std::string_view argument);

// All headings, in the order of -h.
std::span<const Purpose> purposes();
// True if the flags under this heading have an effect.
constexpr bool has_effect(Purpose purpose) {
  return purpose != Purpose::kAccepted && purpose != Purpose::kRefused;
}

// These texts are made from the tables.
std::string help_text();  // -h
std::string man_page();   // --print
std::string flags_page();
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();
std::string config_template();

}  // namespace isocache
