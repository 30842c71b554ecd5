#include "native/monitor/top_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "native/base/errors.h"
#include "native/base/parse_number.h"

namespace isocache {

const std::string_view kTopUsage =
    "isocached top [ADDRESS] [--once] [--seconds <n>] [--rows <n>] [--login <file>]\n"
    "              [--ca <file>] [--no-verify]\n"
    "\n"
    "Shows what happens in a running server: hot keys, hits by prefix, evictions, rates.\n"
    "It watches the server (the command watch), and asks for stats once a second. A busy\n"
    "server does not tell everything: the tables say how much of it was seen.\n"
    "ADDRESS is one of\n"
    "\n"
    "  host:port, host, port        memcached's text protocol (of 127.0.0.1; port 11211)\n"
    "  /path/of/socket              the same, over a unix socket\n"
    "  tls://host:port              the same, over TLS\n"
    "\n"
    "  --seconds <n>                watch for so long, print the result, and end\n"
    "  --once                       the same as --seconds 1\n"
    "  --rows <n>                   so many keys and prefixes (10)\n"
    "  --login <file>               the first line is user:password, as in the file of -Y\n"
    "  --ca <file>                  authorities that may vouch for the server\n"
    "  --no-verify                  believe any certificate\n"
    "\n"
    "In a terminal: q quits, r begins to count anew. Elsewhere a block of text is printed\n"
    "every second.\n";

namespace {

constexpr unsigned kLastPort = 65535;
constexpr unsigned kMost = 1'000'000;  // seconds, rows

std::string login_of(const std::string& file) {
  std::string line;
  std::ifstream lines(file);
  if (!std::getline(lines, line)) throw SystemError(file + ": it cannot be read");
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) throw UsageError(file + ": user:password is expected");
  line[colon] = ' ';
  return line;
}

void set_address(std::string_view text, MonitorTarget& target) {
  constexpr std::string_view kTls = "tls://";
  target.tls = text.starts_with(kTls);
  if (!target.tls && text.find("://") != std::string_view::npos) {
    throw UsageError(
        fmt::format("top: '{}': only tls:// is known, or no scheme; top reads memcached's port, "
                    "not that of HTTP: host:port, a port, /path or tls://host:port",
                    text));
  }
  if (target.tls) text.remove_prefix(kTls.size());
  if (text.empty()) throw UsageError("an address is expected");
  target.address = text;
  if (text.starts_with('/')) return;
  const bool port_only = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (port_only) target.address.insert(0, "127.0.0.1:");
  const bool has_port =
      text.find(':', text.starts_with('[') ? text.find(']') : 0) != std::string_view::npos;
  if (!port_only && !has_port) target.address += ":11211";
  unsigned port = 0;
  const std::string_view digits =
      std::string_view(target.address).substr(target.address.rfind(':') + 1);
  if (!parse_number(digits, port) || port == 0 || port > kLastPort) {
    throw UsageError(fmt::format("'{}' is no port: host:port, a port, /path or tls://", digits));
  }
}

// Throws UsageError if words are left over. CLI11 takes -1 for a number, and so for an address.
void check_rest(const std::string& address, std::vector<std::string> rest) {
  if (address.starts_with('-')) rest.insert(rest.begin(), address);
  if (rest.empty()) return;
  const std::string_view first = rest.front();
  const bool is_port = first.starts_with("-p") || first.starts_with("--port");
  throw UsageError(fmt::format("top: not expected: {}{}\nisocached top -h lists what is known",
                               fmt::join(rest, " "),
                               is_port ? "; write the address alone: isocached top 11211, "
                                         "isocached top host:11211"
                                       : ""));
}

}  // namespace

TopOptions parse_top_options(int argc, char** argv) {
  TopOptions options;
  std::string address = "11211";
  std::string login_file;
  bool once = false;
  CLI::App app;
  app.set_help_flag();  // kTopUsage says it better
  app.add_flag("-h,--help", options.help);
  app.add_flag("--once", once);
  CLI::Validator some = CLI::Range(1U, kMost);
  some.description("");  // it would be part of errors
  app.add_option("--seconds", options.seconds)
      ->type_name("number")
      ->check(some)
      ->excludes("--once");
  app.add_option("--rows", options.rows)->type_name("number")->check(some);
  app.add_option("--login", login_file);
  app.add_option("--ca", options.target.ca_file);
  app.add_flag("!--no-verify", options.target.verify);
  app.add_option("address", address);
  app.allow_extras();
  try {
    app.parse(argc, argv);
    check_rest(address, app.remaining());
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("top: {}\nisocached top -h lists what is known", error.what()));
  }
  if (once) options.seconds = 1;
  if (!login_file.empty()) options.target.login = login_of(login_file);
  set_address(address, options.target);
  return options;
}

}  // namespace isocache
