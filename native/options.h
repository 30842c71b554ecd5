// What the command line asks for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "command/settings.h"

namespace isocache {

struct Options {
  enum class Show { kNothing, kHelp, kVersion, kLicense };
  Show show = Show::kNothing;  // print this and end

  Settings settings;

  std::vector<std::string> listen;  // -l: addresses, with or without a port; empty: loopback
  unsigned port = 11211;            // -p
  bool tcp_asked = false;           // -p or -l was given: -s does not turn TCP off
  std::string unix_socket;          // -s

  bool daemon = false;
  bool lock_memory = false;
  bool huge_pages = false;
  bool core_dumps = false;
  bool max_item_asked = false;  // -I was given
  std::string user;
  std::string pid_file;
  // Accepted though it has no effect here: said at -v.
  std::vector<std::string> notes;
};

// Throws UsageError, whose text says what is wrong and what is known.
Options parse_options(int argc, char** argv);
// What the flags allow one by one but not together. Throws UsageError.
void check_options(Options& options);

}  // namespace isocache
