// Every flag of the command line, once: parser, -h, manual page and shell completion read this.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "native/options.h"

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
  std::string_view argument;  // "<num>"; empty: a switch
  Purpose purpose;
  std::string_view help;
  // Called for each time it is given; a switch gets an empty value. Throws UsageError.
  void (*apply)(Options& options, std::string_view value);
};
std::span<const Flag> flag_table();

// A word of -o.
struct Word {
  std::string_view name;      // idle_timeout
  std::string_view argument;  // "<s>"; empty: none
  Purpose purpose;
  std::string_view help;
  void (*apply)(Options& options, std::string_view value);
};
std::span<const Word> word_table();
// Applies a comma-separated list of words. Throws UsageError.
void apply_words(Options& options, std::string_view list);

// The text of -h.
std::string help_text();

}  // namespace isocache
