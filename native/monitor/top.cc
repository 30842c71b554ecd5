#include "native/monitor/top.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "native/base/errors.h"
#include "native/monitor/line_client.h"
#include "native/monitor/screen.h"
#include "native/monitor/top_model.h"
#include "native/monitor/top_options.h"
#include "native/monitor/top_text.h"

namespace isocache {
namespace {

constexpr double kFade = 0.9;  // what happened ten seconds ago counts a third

using Time = std::chrono::steady_clock;

// What to do about a server that does not let itself be watched.
std::string_view advice_on(std::string_view reply) {
  if (reply == "CLIENT_ERROR unauthenticated") return ": --login <file> is needed";
  if (reply.starts_with("HTTP/")) return ": that is an HTTP port; top reads memcached's";
  if (reply == "ERROR") return ": this server does not know `watch deletions`";
  return "";
}

// Throws SystemError with the server's line, if it answers something else.
StatsRows read_stats(LineClient& client, std::string_view page) {
  client.send(page.empty() ? std::string("stats\r\n") : fmt::format("stats {}\r\n", page));
  constexpr std::string_view kRow = "STAT ";
  constexpr unsigned kMostRows = 10'000;
  StatsRows rows;
  unsigned lines = 0;
  const LineClient::Time::time_point end = LineClient::soon();
  std::string line = client.wait_for_line(end);
  for (; line.starts_with(kRow); line = client.wait_for_line(end)) {
    if (++lines > kMostRows) throw SystemError("the server's stats have no end");
    const std::size_t space = line.find(' ', kRow.size());
    if (space != std::string::npos) {
      rows[line.substr(kRow.size(), space - kRow.size())] = line.substr(space + 1);
    }
  }
  if (line != "END") throw SystemError(fmt::format("stats: {}{}", line, advice_on(line)));
  return rows;
}

class Top {
 public:
  explicit Top(const TopOptions& options)
      : options_(options), asks_(options.target), watches_(options.target), model_(delimiter()) {
    watches_.send("watch fetchers mutations deletions evictions\r\n");
    const std::string reply = watches_.wait_for_line(LineClient::soon());
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
      if ((ready[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return Screen::Wish::kQuit;
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
  const TopOptions options = parse_top_options(argc, argv);
  if (options.help) {
    fmt::print("{}", kTopUsage);
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
