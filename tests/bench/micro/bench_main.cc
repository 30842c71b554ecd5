// isocache_bench: the micro benchmarks under Google Benchmark.
//
//   isocache_bench                                      100 k items
//   isocache_bench --items=10000000 --benchmark_filter=store/get
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "bench/micro/micro.h"

namespace isocache::bench {
namespace {

void run_case(benchmark::State& state, const MicroCase& micro_case, std::size_t items) {
  const std::unique_ptr<Micro> micro = micro_case.make(items);
  micro->check();
  while (state.KeepRunning()) micro->run();
  micro->check();
  const auto operations = static_cast<double>(micro_case.operations);
  state.counters["per_s"] =
      benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["each"] = benchmark::Counter(
      operations, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void run_stalls(benchmark::State& state, Stalls (*measure)(std::size_t), std::size_t items) {
  Stalls stalls;
  while (state.KeepRunning()) stalls = measure(items);
  state.counters["p50_ns"] = static_cast<double>(stalls.p50_ns);
  state.counters["p9999_ns"] = static_cast<double>(stalls.p9999_ns);
  state.counters["max_ns"] = static_cast<double>(stalls.max_ns);
}

void add_stalls(const std::string& name, Stalls (*measure)(std::size_t), std::size_t items) {
  benchmark::RegisterBenchmark(name.c_str(), run_stalls, measure, items)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

void add_all(std::size_t items) {
  const std::string suffix = "/" + std::to_string(items);
  for (const auto& cases : {store_cases(), session_cases()}) {
    for (const MicroCase& micro_case : cases) {
      benchmark::RegisterBenchmark((micro_case.name + suffix).c_str(), run_case, micro_case, items);
    }
  }
  const std::size_t operations = std::max<std::size_t>(items, 20'000);  // enough to evict
  add_stalls("stall/growing/" + std::to_string(operations), stalls_growing, operations);
  add_stalls("stall/evicting/" + std::to_string(operations), stalls_evicting, operations);
  // Enough to fill the tier three times, and no more.
  constexpr std::size_t kMostOnTier = 10'000'000;
  const std::size_t on_tier = std::clamp<std::size_t>(items, 100'000, kMostOnTier);
  add_stalls("stall/tier/" + std::to_string(on_tier), stalls_tier, on_tier);
  add_stalls("stall/tier_tiny/" + std::to_string(on_tier), stalls_tier_tiny, on_tier);
  add_stalls("stall/tier_large/" + std::to_string(on_tier / 50), stalls_tier_large, on_tier / 50);
}

// Takes our own option out of the command line, which Google Benchmark would refuse.
std::size_t take_items(int& argc, char** argv) {
  constexpr std::string_view kOption = "--items=";
  std::size_t items = 100'000;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kOption)) {
      items = std::strtoull(argument.data() + kOption.size(), nullptr, 10);
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  return items;
}

int main(int argc, char** argv) {
  const std::size_t items = take_items(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  if (items < kMinItems) {
    std::cerr << "--items: at least " << kMinItems << '\n';
    return EXIT_FAILURE;
  }
  add_all(items);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace isocache::bench

int main(int argc, char** argv) { return isocache::bench::main(argc, argv); }
