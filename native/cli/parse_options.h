// From what the user gives (command line, environment, file) to Options.
#pragma once

#include <string>
#include <vector>

#include "native/config/options.h"

namespace isocache {

// What the command line, `environment` ("NAME=value", ends with a null; null: none) and the file of
// --config ask for. If several name the same setting, the first of them counts. Throws UsageError
// (the command line) or ConfigError (the others), whose text says what is wrong, where, and what is
// known. With --check-config, faults of values go to `faults` instead. As soon as the log's format
// is known it is in force, so that faults are said in it.
Options parse_options(int argc, char** argv, const char* const* environment = nullptr,
                      std::vector<std::string>* faults = nullptr);
// Resolves relative paths against the working directory: a daemon leaves it, and reads its files
// again later.
void make_paths_absolute(Options& options);
// What the flags allow one by one but not together. Throws UsageError.
void check_options(Options& options);

}  // namespace isocache
