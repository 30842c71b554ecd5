// isocache_replay: measures a trace's miss ratio, and checks every byte that comes back.
//
//   isocache_replay oltp --file OLTP.lis.zst --server 127.0.0.1:11211
//   isocache_replay zipf --in-process --memory 64
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bench/replay/replay_cache.h"
#include "bench/replay/replay_run.h"
#include "bench/replay/replay_trace.h"

namespace isocache::bench {
namespace {

struct Arguments {
  std::string trace;
  std::string file;
  std::uint32_t requests = 0;  // 0: all requests of a file, or a million generated ones
  std::string server;
  std::size_t memory_mb = 64;
  unsigned shards = 1;
  std::size_t max_item_kb = 1024;
  bool json = false;
  StoreOptions store;
  ReplayOptions replay;
};

std::string trace_help() {
  std::string help = "oltp, cloudphysics (with --file), or a made-up one:";
  for (const SyntheticName& name : synthetic_names()) {
    help += fmt::format("\n  {:10} {}", name.name, name.meaning);
  }
  return help;
}

Trace load_file(const Arguments& arguments) {
  Trace trace =
      arguments.trace == "oltp" ? load_oltp(arguments.file) : load_cloud_physics(arguments.file);
  if (arguments.requests != 0 && arguments.requests < trace.requests.size()) {
    trace.requests.resize(arguments.requests);
  }
  return trace;
}

Trace load(const Arguments& arguments) {
  if (arguments.trace == "oltp" || arguments.trace == "cloudphysics") return load_file(arguments);
  return make_synthetic(arguments.trace, arguments.requests == 0 ? 1'000'000 : arguments.requests);
}

std::unique_ptr<Cache> open(const Arguments& arguments) {
  if (!arguments.server.empty()) return connect_cache(arguments.server);
  StoreOptions options = arguments.store;
  options.memory_limit = arguments.memory_mb << 20U;
  options.max_item_size = arguments.max_item_kb << 10U;
  return make_store_cache(options, arguments.shards);
}

void print_text(const Trace& trace, const ReplayResult& result, const CacheFigures& figures) {
  std::cout << fmt::format(
      "{}: {} requests, {} objects\n"
      "miss ratio      {:.4f}   by bytes {:.4f}\n"
      "hits            {} of {} reads\n"
      "writes          {}, refused {}\n"
      "wrong bytes     {}, expired hits {}\n"
      "items           {}, evictions {}\n"
      "seconds         {:.2f}, {:.0f} requests/s\n",
      trace.name, result.requests, trace.objects, result.miss_ratio(), result.byte_miss_ratio(),
      result.hits, result.reads, result.writes, result.refused_writes, result.wrong_bytes,
      result.expired_hits, figures.items, figures.evictions, result.seconds,
      static_cast<double>(result.requests) / result.seconds);
  if (!figures.details.empty()) std::cout << figures.details << '\n';
}

void print_json(const Trace& trace, const ReplayResult& result, const CacheFigures& figures) {
  std::cout << fmt::format(
      R"({{"trace":"{}","requests":{},"objects":{},"miss_ratio":{:.5f},"byte_miss_ratio":{:.5f},)"
      R"("reads":{},"hits":{},"writes":{},"refused_writes":{},"wrong_bytes":{},"expired_hits":{},)"
      R"("items":{},"evictions":{},"seconds":{:.3f}}})"
      "\n",
      trace.name, result.requests, trace.objects, result.miss_ratio(), result.byte_miss_ratio(),
      result.reads, result.hits, result.writes, result.refused_writes, result.wrong_bytes,
      result.expired_hits, figures.items, figures.evictions, result.seconds);
}

int run(const Arguments& arguments) {
  const Trace trace = load(arguments);
  const std::unique_ptr<Cache> cache = open(arguments);
  ReplayOptions options = arguments.replay;
  if (trace.requests_per_s != 0) {
    options.requests_per_s = trace.requests_per_s;
    options.keep_pace = !arguments.server.empty();
  }
  const ReplayResult result = replay(trace, *cache, options);
  (arguments.json ? print_json : print_text)(trace, result, cache->figures());
  const bool right = result.wrong_bytes == 0 && result.expired_hits == 0;
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char** argv) {
  Arguments arguments;
  bool in_process = false;
  CLI::App app("Replays a request trace: get, set on a miss, every byte checked.");
  app.add_option("trace", arguments.trace, trace_help())->required();
  app.add_option("--file", arguments.file, "where oltp's or cloudphysics's trace lies");
  app.add_option("--requests", arguments.requests,
                 "at most so many; default: all of a file, 1,000,000 of a made-up trace");
  auto* server = app.add_option("--server", arguments.server, "HOST:PORT or a unix socket's path");
  app.add_flag("--in-process", in_process, "against a store in this process")->excludes(server);
  app.add_option("--batch", arguments.replay.batch, "requests in flight together")
      ->check(CLI::Range(1, 1024));
  app.add_option("--memory", arguments.memory_mb, "in process: limit, MB");
  app.add_option("--shards", arguments.shards, "in process: stores that share the memory")
      ->check(CLI::Range(1, 1024));
  app.add_option("--max-item-kb", arguments.max_item_kb, "in process: largest item, KB");
  app.add_option("--size-exponent", arguments.store.size_exponent,
                 "in process: 0 favours no size, 1 small items");
  app.add_option_function<std::uint64_t>(
      "--seed", [&](std::uint64_t seed) { arguments.store.hash_key = hash_key_of(seed); },
      "in process: hash key");
  app.add_option("--requests-per-second", arguments.replay.requests_per_s,
                 "in process: how fast the trace's clock runs")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", arguments.json, "one line of JSON");
  CLI11_PARSE(app, argc, argv);
  if (arguments.server.empty() && !in_process) {
    std::cerr << "where to? --server ADDRESS or --in-process\n";
    return EXIT_FAILURE;
  }
  if (in_process && app.count("--batch") == 0) arguments.replay.batch = 1;
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "isocache_replay: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace isocache::bench

int main(int argc, char** argv) { return isocache::bench::main(argc, argv); }
