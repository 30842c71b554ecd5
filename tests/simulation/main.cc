// Runs seeds, and reports the first failure (--help).
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "simulation/journal.h"
#include "simulation/world.h"

namespace isocache::simulation {
namespace {

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t steps = 1000;
  bool trace = false;
  std::vector<std::string> ignored;
  bool keep_going = false;  // each seed in a process of its own, so that a crash ends it alone
};

constexpr int kMostSecondsPerSeed = 10;

Journal* running = nullptr;

void report(const Journal& journal, const char* failure) {
  std::printf("plan: %s\nseed %" PRIu64 " step %" PRIu64 ": %s\n", journal.plan.c_str(),
              journal.seed, journal.step, failure);
}

void on_crash(int signal) {
  ::alarm(5);  // ends the program if the crash has broken what the report needs
  if (running != nullptr) {
    running->print_last_events();
    report(*running, signal == SIGABRT   ? "CRASH: aborted"
                     : signal == SIGPROF ? "HANG: a step has no end"
                                         : "CRASH: a bad address");
    std::fflush(stdout);
  }
  std::_Exit(2);
}

// A run that needs more processor time than this never ends.
void limit_time() {
  itimerval limit{};
  limit.it_value.tv_sec = kMostSecondsPerSeed;
  ::setitimer(ITIMER_PROF, &limit, nullptr);
}

bool run_seed(std::uint64_t seed, const Options& options) {
  Journal journal(options.trace, options.ignored);
  journal.seed = seed;
  journal.plan = describe(make_plan(seed));
  running = &journal;
  limit_time();
  {
    World world(seed, journal);
    world.run(options.steps);
  }
  running = nullptr;
  if (!journal.failed()) return true;
  journal.print_last_events();
  report(journal, journal.failure().c_str());
  fmt::print("replay: isocache_simulation --seed {} --steps {}\n", seed, options.steps);
  return false;
}

bool run_apart(std::uint64_t seed, const Options& options) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool good = run_seed(seed, options);
    std::fflush(stdout);
    std::_Exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// "A..B" or "N", both at least 1.
std::string read_seeds(const std::string& text, Options& options) {
  const std::size_t dots = text.find("..");
  const std::string first = text.substr(0, dots);
  const std::string last = dots == std::string::npos ? first : text.substr(dots + 2);
  const auto read = [](const std::string& number, std::uint64_t& value) {
    return number.find_first_not_of("0123456789") == std::string::npos &&
           CLI::detail::lexical_cast(number, value);
  };
  const bool good = read(first, options.first) && read(last, options.last) && options.first != 0 &&
                    options.first <= options.last;
  return good ? std::string() : "SEEDS is a number, or a range as 1..1000";
}

int run(const Options& options) {
  std::uint64_t failed = 0;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const bool good = options.keep_going ? run_apart(seed, options) : run_seed(seed, options);
    if (good) continue;
    ++failed;
    if (!options.keep_going) break;
  }
  if (failed == 0) {
    fmt::print("{} seeds, no failure\n", options.last - options.first + 1);
    return 0;
  }
  if (options.keep_going) {
    fmt::print("{} seeds failed\n", failed);
  }
  return 1;
}

}  // namespace
}  // namespace isocache::simulation

int main(int count, char** words) {
  isocache::simulation::Options options;
  CLI::App app{
      "The server's backend and many connections in one thread, under a seeded scheduler."};
  const auto read = [&](const std::string& text) {
    return isocache::simulation::read_seeds(text, options);
  };
  std::string seeds;
  app.add_option("--seed,--seeds", seeds, "which to run: 145, or 1..1000 (default: 1)")
      ->type_name("SEEDS")
      ->check(CLI::Validator(read, "", "seeds"));
  app.add_option("--steps", options.steps, "of each")->capture_default_str();
  app.add_flag("--trace", options.trace, "print all events");
  app.add_option("--ignore", options.ignored, "failures whose text has this WORD do not count")
      ->type_name("WORD");
  app.add_flag("--keep-going", options.keep_going,
               "go on after a failure; each seed in a process of its own");
  CLI11_PARSE(app, count, words);
  std::signal(SIGABRT, isocache::simulation::on_crash);
  std::signal(SIGPROF, isocache::simulation::on_crash);
#if !defined(__SANITIZE_ADDRESS__)
  std::signal(SIGSEGV, isocache::simulation::on_crash);
#endif
  return isocache::simulation::run(options);
}
