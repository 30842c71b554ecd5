// isocached: the native server.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>

#include "native/errors.h"
#include "native/flag_table.h"
#include "native/log.h"
#include "native/options.h"
#include "native/process.h"
#include "native/server.h"

namespace isocache {
namespace {

constexpr std::string_view kLicense =
    "isocached is free software under the MIT license; see the file LICENSE that comes with it.\n";

int show(Options::Show what) {
  if (what == Options::Show::kHelp) fmt::print("{}", help_text());
  if (what == Options::Show::kVersion) fmt::print("isocached {}\n", kIsocacheVersion);
  if (what == Options::Show::kLicense) fmt::print("{}", kLicense);
  return EXIT_SUCCESS;
}

void say_notes(const Options& options) {
  if (options.settings.verbosity == 0) return;
  for (const std::string& note : options.notes) log_line(note);
  if (::geteuid() == 0) log_line("running as root; -u <user> changes that");
}

int serve(const Options& options) {
  std::optional<Daemon> daemon;
  if (options.daemon) daemon = Daemon::start();
  raise_descriptor_limit(options.settings.max_connections + Server::kReservedDescriptors +
                         3 * options.settings.threads);
  if (options.core_dumps) raise_core_limit();
  drop_root(options.user);
  say_notes(options);
  ignore_broken_pipes();
  Server server(options);
  const PidFile pid_file(options.pid_file);
  if (options.lock_memory) lock_memory();
  server.start();
  log_line(server.banner());
  if (daemon) daemon->ready();
  server.run();
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  Options options = parse_options(argc, argv);
  if (options.show != Options::Show::kNothing) return show(options.show);
  check_options(options);
  return serve(options);
}

int fail(int status, const std::exception& error) {
  log_line(fmt::format("isocached: {}", error.what()));
  return status;
}

}  // namespace
}  // namespace isocache

int main(int argc, char** argv) {
  try {
    return isocache::run(argc, argv);
  } catch (const isocache::UsageError& error) {
    return isocache::fail(EX_USAGE, error);
  } catch (const isocache::NoSuchUser& error) {
    return isocache::fail(EX_NOUSER, error);
  } catch (const std::exception& error) {
    return isocache::fail(EX_OSERR, error);
  }
}
