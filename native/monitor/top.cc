#include "native/monitor/top.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "native/base/errors.h"
#include "native/base/parse_number.h"
#include "native/monitor/line_client.h"
#include "native/monitor/screen.h"
#include "native/monitor/top_model.h"
#include "native/monitor/top_text.h"

namespace isocache {
namespace {

constexpr std::string_view kUsage =
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

constexpr int kLimit_ms = 5000;
constexpr unsigned kLastPort = 65535;
constexpr double kFade = 0.9;  // what happened ten seconds ago counts a third

using Time = std::chrono::steady_clock;

struct TopOptions {
  MonitorTarget target;
  unsigned seconds = 0;  // 0: until somebody ends it
  unsigned rows = 10;
  bool help = false;
};

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
  if (target.tls) text.remove_prefix(kTls.size());
  if (text.empty()) throw UsageError("an address is expected");
  target.address = text;
  if (text.starts_with('/')) return;
  const bool port_only = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (port_only) target.address.insert(0, "127.0.0.1:");
  const bool has_port = text.find(':', text.starts_with('[') ? text.find(']') : 0) != text.npos;
  if (!port_only && !has_port) target.address += ":11211";
  unsigned port = 0;
  const std::string_view digits =
      std::string_view(target.address).substr(target.address.rfind(':') + 1);
  if (!parse_number(digits, port) || port == 0 || port > kLastPort) {
    throw UsageError(fmt::format("'{}' is no port: host:port, a port, /path or tls://", digits));
  }
}

TopOptions parse(int argc, char** argv) {
  TopOptions options;
  set_address("11211", options.target);
  const auto number = [](std::string_view flag, std::string_view text) {
    unsigned value = 0;
    parse_number(text, value);
    if (value == 0) throw UsageError(fmt::format("{}: a number is expected", flag));
    return value;
  };
  for (int at = 1; at < argc; ++at) {
    const std::string_view flag = argv[at];
    const auto value = [&]() -> std::string {
      if (at + 1 == argc) throw UsageError(fmt::format("{}: a value is expected", flag));
      return argv[++at];
    };
    if (flag == "-h" || flag == "--help") {
      options.help = true;
    } else if (flag == "--once") {
      options.seconds = 1;
    } else if (flag == "--seconds") {
      options.seconds = number(flag, value());
    } else if (flag == "--rows") {
      options.rows = number(flag, value());
    } else if (flag == "--login") {
      options.target.login = login_of(value());
    } else if (flag == "--ca") {
      options.target.ca_file = value();
    } else if (flag == "--no-verify") {
      options.target.verify = false;
    } else if (flag.starts_with('-')) {
      throw UsageError(fmt::format("top: unknown flag {}", flag));
    } else {
      set_address(flag, options.target);
    }
  }
  return options;
}

StatsRows read_stats(LineClient& client, std::string_view page) {
  client.send(page.empty() ? std::string("stats\r\n") : fmt::format("stats {}\r\n", page));
  constexpr std::string_view kRow = "STAT ";
  constexpr unsigned kMostRows = 10'000;
  StatsRows rows;
  unsigned lines = 0;
  for (std::string line = client.wait_for_line(kLimit_ms); line.starts_with(kRow);
       line = client.wait_for_line(kLimit_ms)) {
    if (++lines > kMostRows) throw SystemError("the server's stats have no end");
    const std::size_t space = line.find(' ', kRow.size());
    if (space != std::string::npos) {
      rows[line.substr(kRow.size(), space - kRow.size())] = line.substr(space + 1);
    }
  }
  return rows;
}

// What to do about a server that does not let itself be watched.
std::string_view advice_on(std::string_view reply) {
  if (reply == "CLIENT_ERROR unauthenticated") return ": --login <file> is needed";
  if (reply == "ERROR") return ": this server does not know `watch deletions`";
  return "";
}

class Top {
 public:
  explicit Top(const TopOptions& options)
      : options_(options), asks_(options.target), watches_(options.target), model_(delimiter()) {
    watches_.send("watch fetchers mutations deletions evictions\r\n");
    const std::string reply = watches_.wait_for_line(kLimit_ms);
    if (reply != "OK") throw SystemError(fmt::format("watch: {}{}", reply, advice_on(reply)));
    ask();
  }

  // Prints the result after some seconds.
  void run_for(unsigned seconds) {
    watch_until(Time::now() + std::chrono::seconds(seconds), nullptr);
    ask();
    print();
  }
  // Prints a block each second.
  void run_plain() {
    for (;;) {
      run_for(1);
      model_.fade(kFade);
    }
  }
  void run_on(Screen& screen) {
    for (;;) {
      screen.show(top_lines(model_, options_.target.address, screen.size()));
      const Screen::Wish wish = watch_until(Time::now() + std::chrono::seconds(1), &screen);
      if (wish == Screen::Wish::kQuit) return;
      if (wish == Screen::Wish::kReset) model_ = TopModel(delimiter());
      if (wish == Screen::Wish::kRedraw) continue;
      ask();
      model_.fade(kFade);
    }
  }

 private:
  char delimiter() {
    const StatsRows settings = read_stats(asks_, "settings");
    const auto found = settings.find("stat_key_prefix");
    return found == settings.end() || found->second.empty() ? ':' : found->second.front();
  }

  void ask() {
    const auto now = Time::now();
    const double seconds = std::chrono::duration<double>(now - asked_at_).count();
    model_.add_stats(read_stats(asks_, ""), seconds);
    asked_at_ = now;
  }

  Screen::Wish watch_until(Time::time_point end, Screen* screen) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Time::now()).count();
      if (left <= 0) return Screen::Wish::kNothing;
      std::array<pollfd, 2> ready = {pollfd{watches_.fd(), POLLIN, 0},
                                     pollfd{STDIN_FILENO, POLLIN, 0}};
      ::poll(ready.data(), screen == nullptr ? 1 : 2, static_cast<int>(left));
      if (!watches_.receive()) throw SystemError("the server has ended the connection");
      std::string_view line;
      while (watches_.next_line(&line)) model_.add_line(line);
      const Screen::Wish wish = screen == nullptr ? Screen::Wish::kNothing : screen->wish();
      if (wish != Screen::Wish::kNothing) return wish;
    }
  }

  void print() const {
    const TopSize size{.columns = 80, .lines = 0, .rows = options_.rows};
    for (const TopLine& line : top_lines(model_, options_.target.address, size)) {
      fmt::print("{}\n", line.text);
    }
    fmt::print("\n");
    if (std::fflush(stdout) != 0) throw SystemError("nobody reads the output");
  }

  const TopOptions& options_;
  LineClient asks_;
  LineClient watches_;
  TopModel model_;
  Time::time_point asked_at_ = Time::now();
};

void run(const TopOptions& options) {
  Top top(options);
  if (options.seconds != 0) return top.run_for(options.seconds);
  const bool in_terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
  if (const auto screen = in_terminal ? open_screen() : nullptr) return top.run_on(*screen);
  top.run_plain();
}

}  // namespace

int top(int argc, char** argv) {
  const TopOptions options = parse(argc, argv);
  if (options.help) {
    fmt::print("{}", kUsage);
    return EXIT_SUCCESS;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a write that fails says so
  try {
    run(options);
  } catch (const SystemError& error) {
    fmt::print(stderr, "isocached top: {}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace isocache
