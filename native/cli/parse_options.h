// Turns what the user gives (command line, environment, file) into Options.
#pragma once

#include <string>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// Merges the command line, `environment` ("NAME=value", ends with a null; null: none) and the file
// of --config. If several of them give the same setting, the first of them counts.
// Throws UsageError (command line) or ConfigError (environment, file). The text says what is wrong,
// where, and which values are known. With --check-config, all faults go to `faults` instead.
// The log's format takes effect as soon as it is known, so that faults are logged in it.
Options parse_options(int argc, char** argv, const char* const* environment = nullptr,
                      std::vector<std::string>* faults = nullptr);
// Makes relative paths absolute: a daemon leaves its working directory, and reads its files again
// later.
void make_paths_absolute(Options& options);
// Checks flags that are valid alone but not together, and says what is wrong.
std::vector<std::string> find_contradictions(Options& options);
// Throws UsageError if there is a contradiction.
void check_options(Options& options);

}  // namespace isocache
