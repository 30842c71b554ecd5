// isocache_simulation --seed N | --seeds A..B  [--steps M] [--trace] [--ignore WORD]
//   [--keep-going]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

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
  std::printf("plan: %s\n", describe(make_plan(journal.seed)).c_str());
  std::printf("seed %llu step %llu: %s\n", static_cast<unsigned long long>(journal.seed),
              static_cast<unsigned long long>(journal.step), failure);
}

void on_crash(int signal) {
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
  std::printf("replay: isocache_simulation --seed %llu --steps %llu\n",
              static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(options.steps));
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
    } else if (i + 1 == count) {
      return false;
    } else if (word == "--seed") {
      options.first = options.last = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--steps") {
      options.steps = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--ignore") {
      options.ignored.emplace_back(words[++i]);
    } else if (word == "--seeds") {
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
    std::printf("%llu seeds, no failure\n",
                static_cast<unsigned long long>(options.last - options.first + 1));
    return 0;
  }
  if (options.keep_going) {
    std::printf("%llu seeds failed\n", static_cast<unsigned long long>(failed));
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
