// isocached: the native server.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/cli/check_config.h"
#include "native/cli/flag_table.h"
#include "native/cli/healthcheck.h"
#include "native/cli/parse_options.h"
#include "native/monitor/top.h"
#include "native/net/passed_sockets.h"
#include "native/process/process.h"
#include "native/server.h"

namespace isocache {
namespace {

constexpr std::string_view kLicense =
    "isocached is free software under the MIT license; see the file LICENSE that comes with it.\n";

int show(Options::Show what) {
  using Show = Options::Show;
  switch (what) {
    case Show::kNothing: break;
    case Show::kHelp: fmt::print("{}", help_text()); break;
    case Show::kVersion: fmt::print("isocached {}\n", kIsocacheVersion); break;
    case Show::kLicense: fmt::print("{}", kLicense); break;
    case Show::kFlagsPage: fmt::print("{}", flags_page()); break;
    case Show::kManPage: fmt::print("{}", man_page()); break;
    case Show::kBashCompletion: fmt::print("{}", bash_completion()); break;
    case Show::kZshCompletion: fmt::print("{}", zsh_completion()); break;
    case Show::kFishCompletion: fmt::print("{}", fish_completion()); break;
    case Show::kConfigFile: fmt::print("{}", config_template()); break;
  }
  return EXIT_SUCCESS;
}

// Logs each line of the text as a line of its own.
void log_fault(std::string_view text, std::string_view before) {
  for (bool more = true; more;) {
    const auto end = text.find('\n');
    log_line(fmt::format("{}{}", before, text.substr(0, end)), LogLevel::kError);
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + 1);
  }
}

// --check-config.
int check(Options options, std::vector<std::string> faults) {
  for (std::string& fault : find_faults(options)) faults.push_back(std::move(fault));
  for (const std::string& warning : options.warnings) log_line(warning, LogLevel::kWarning);
  if (faults.empty()) {
    fmt::print("the configuration is fine\n");
    return EXIT_SUCCESS;
  }
  for (const std::string& fault : faults) log_fault(fault, "");
  return EX_CONFIG;
}

void say_notes(const Options& options) {
  for (const std::string& warning : options.warnings) log_line(warning, LogLevel::kWarning);
  if (options.settings.verbosity == 0) return;
  for (const std::string& note : options.notes) log_line(note);
  if (::geteuid() == 0) log_line("running as root; -u <user> changes that");
}

int serve(Options options) {
  std::optional<Daemon> daemon;
  if (options.daemon && sockets_are_passed()) {
    throw UsageError(
        "-d: the service manager passes sockets to the process that it starts, and -d would serve "
        "from another one; leave out -d");
  }
  if (options.daemon) make_paths_absolute(options);
  if (options.daemon) daemon = Daemon::start();
  raise_descriptor_limit(options.host.max_connections + Server::kReservedDescriptors +
                         Server::descriptors_of_threads(options));
  if (options.core_dumps) raise_core_limit();
  drop_root(options.user);
  say_notes(options);
  ignore_broken_pipes();
  Server server(options);
  const PidFile pid_file(options.pid_file);
  if (options.lock_memory) lock_memory();
  server.start();
  log(server.banner());
  if (daemon) daemon->ready();
  log_without_waiting();
  server.drop_privileges();
  server.run();
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  open_standard_streams();
  if (argc > 1 && std::string_view(argv[1]) == "healthcheck")
    return healthcheck(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "top") return top(argc - 1, argv + 1);
  std::vector<std::string> faults;
  Options options = parse_options(argc, argv, environ, &faults);
  if (options.show != Options::Show::kNothing) return show(options.show);
  if (options.check_config) return check(std::move(options), std::move(faults));
  check_options(options);
  return serve(std::move(options));
}

int fail(int status, const std::exception& error) {
  log_fault(error.what(), "isocached: ");
  return status;
}

}  // namespace
}  // namespace isocache

int main(int argc, char** argv) {
  try {
    return isocache::run(argc, argv);
  } catch (const isocache::UsageError& error) {
    return isocache::fail(EX_USAGE, error);
  } catch (const isocache::ConfigError& error) {
    return isocache::fail(EX_CONFIG, error);
  } catch (const isocache::NoSuchUser& error) {
    return isocache::fail(EX_NOUSER, error);
  } catch (const std::exception& error) {
    return isocache::fail(EX_OSERR, error);
  }
}
