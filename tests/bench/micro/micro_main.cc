// isocache_micro: the CPU time of each case. One source for both: native, and wasm under Node,
// where Google Benchmark does not run. So their ratio is fair.
//
//   isocache_micro                                    every case, 100 k items
//   isocache_micro --items 10000000 store/get session/get_batch32
//   node --no-liftoff isocache_micro.js --json        (optimises before it measures)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/micro/micro.h"

#if defined(__EMSCRIPTEN__)
#include <emscripten.h>
#else
#include <ctime>
#endif

namespace isocache::bench {
namespace {

#if defined(__EMSCRIPTEN__)
double cpu_s() {
  return EM_ASM_DOUBLE({
    const used = process.cpuUsage();
    return (used.user + used.system) / 1e6;
  });
}
#else
double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
#endif

struct MicroOptions {
  std::size_t items = 100'000;
  double seconds = 0.5;  // of CPU, each case
  bool json = false;
  std::vector<std::string_view> cases;  // empty: all
};

constexpr const char* kHelp =
    "Usage: isocache_micro [options] [CASE...]\n"
    "  --items N      in the store (100000); at least 128\n"
    "  --seconds S    of CPU time for each case (0.5)\n"
    "  --json         a line of JSON for each case\n"
    "  --list         the cases' names\n";

std::vector<MicroCase> all_cases() {
  std::vector<MicroCase> cases = store_cases();
  for (const MicroCase& one : session_cases()) cases.push_back(one);
  return cases;
}

// Nanoseconds for an operation.
double measure(Micro& micro, std::size_t operations, double seconds) {
  const std::size_t runs_between_looks = 20'000 / operations + 1;
  std::size_t runs = 0;
  const double begin_s = cpu_s();
  double now_s = begin_s;
  do {
    for (std::size_t i = 0; i < runs_between_looks; ++i) micro.run();
    runs += runs_between_looks;
    now_s = cpu_s();
  } while (now_s < begin_s + seconds);
  return (now_s - begin_s) * 1e9 / static_cast<double>(runs * operations);
}

void run_case(const MicroCase& micro_case, const MicroOptions& options) {
  const std::unique_ptr<Micro> micro = micro_case.make(options.items);
  micro->check();
  measure(*micro, micro_case.operations, options.seconds / 4);  // warms up
  const double cpu_ns = measure(*micro, micro_case.operations, options.seconds);
  micro->check();
  if (options.json) {
    std::printf("{\"case\":\"%s\",\"cpu_ns\":%.2f}\n", micro_case.name, cpu_ns);
  } else {
    std::printf("%-32s %8.1f ns\n", micro_case.name, cpu_ns);
  }
  std::fflush(stdout);
}

bool read_options(int argc, char** argv, MicroOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      options.json = true;
    } else if (word == "--items" && i + 1 < argc) {
      options.items = std::strtoul(argv[++i], nullptr, 10);
    } else if (word == "--seconds" && i + 1 < argc) {
      options.seconds = std::strtod(argv[++i], nullptr);
    } else if (word.starts_with("-")) {
      return false;
    } else {
      options.cases.push_back(word);
    }
  }
  return options.items >= kMinItems;
}

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("--list")) {
    for (const MicroCase& one : all_cases()) std::puts(one.name);
    return EXIT_SUCCESS;
  }
  MicroOptions options;
  if (!read_options(argc, argv, options)) {
    std::fputs(kHelp, stderr);
    return EXIT_FAILURE;
  }
  for (const MicroCase& one : all_cases()) {
    if (options.cases.empty() ||
        std::count(options.cases.begin(), options.cases.end(), one.name) != 0) {
      run_case(one, options);
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace isocache::bench

int main(int argc, char** argv) { return isocache::bench::main(argc, argv); }
