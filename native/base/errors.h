// The ways a start can fail, and the sysexits codes that main() makes of them.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace isocache {

// The command line asks for something impossible: EX_USAGE.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The configuration file or the environment asks for something impossible: EX_CONFIG. The text has
// a line for each fault.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The system refuses (a busy port, a limit): EX_OSERR.
struct SystemError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// -u names an unknown user: EX_NOUSER.
struct NoSuchUser : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_errno(const std::string& what) {
  throw SystemError(what + ": " + std::generic_category().message(errno));
}

}  // namespace isocache
