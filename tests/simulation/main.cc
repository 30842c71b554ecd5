// isocache_simulation --seed N | --seeds A..B  [--steps M] [--trace] [--ignore WORD]
//   [--keep-going]
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

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
  ::alarm(5);  // ends the program, should the crash have broken what the report needs
  if (running != nullptr) {
    running->print_last_events();
    report(*running, signal == SIGABRT   ? "CRASH: aborted"
                     : signal == SIGPROF ? "HANG: a step has no end"
                                         : "CRASH: a bad address");
    std::fflush(stdout);
  }
  std::_Exit(2);
}

// A run that needs more processor time than this has no end.
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

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--trace") {
      options.trace = true;
    } else if (word == "--keep-going") {
      options.keep_going = true;
    } else if (word == "--seed" && i + 1 < count) {
      options.first = options.last = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--steps" && i + 1 < count) {
      options.steps = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--ignore" && i + 1 < count) {
      options.ignored.emplace_back(words[++i]);
    } else if (word == "--seeds" && i + 1 < count) {
      char* rest = nullptr;
      options.first = std::strtoull(words[++i], &rest, 10);
      if (std::strncmp(rest, "..", 2) != 0) return false;
      options.last = std::strtoull(rest + 2, nullptr, 10);
    } else {
      return false;
    }
  }
  return options.first <= options.last;
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
  if (!isocache::simulation::parse(count, words, options)) {
    std::fputs(
        "isocache_simulation --seed N | --seeds A..B  [--steps M] [--trace] [--ignore WORD] "
        "[--keep-going]\n",
        stderr);
    return 64;
  }
  std::signal(SIGABRT, isocache::simulation::on_crash);
  std::signal(SIGPROF, isocache::simulation::on_crash);
#if !defined(__SANITIZE_ADDRESS__)
  std::signal(SIGSEGV, isocache::simulation::on_crash);
#endif
  return isocache::simulation::run(options);
}
