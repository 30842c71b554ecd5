// isocache_loadgen: load for any server that speaks memcached's protocol.
//
//   isocache_loadgen --server 127.0.0.1:11211 --workload set --sequential --requests 100000
//   isocache_loadgen --server 127.0.0.1:11211 --workload get --depth 32 --pid $(pidof memcached)
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bench/loadgen/loadgen_run.h"

namespace isocache::bench {
namespace {

double microseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

// Per request, in microseconds.
double per_request_us(double seconds, const LoadResult& result) {
  return result.counts.requests == 0 ? 0
                                     : seconds * 1e6 / static_cast<double>(result.counts.requests);
}

void print_text(const LoadOptions& options, const LoadResult& result) {
  const LoadCounts& counts = result.counts;
  const Histogram& latency = counts.latency;
  std::cout << fmt::format(
      "{}: {} connections, depth {}: {} requests in {:.2f} s, {:.0f}/s\n"
      "latency us    p50 {:.1f}  p99 {:.1f}  p99.9 {:.1f}  max {:.1f}\n",
      options.workload, options.connections, options.depth, counts.requests, result.seconds,
      static_cast<double>(counts.requests) / result.seconds, microseconds(latency.quantile_ns(0.5)),
      microseconds(latency.quantile_ns(0.99)), microseconds(latency.quantile_ns(0.999)),
      microseconds(latency.max_ns()));
  if (counts.keys != 0) {
    std::cout << fmt::format("values        {} of {} keys asked for\n", counts.values, counts.keys);
  }
  if (counts.errors != 0) {
    std::cout << fmt::format("errors        {}, the first: {}\n", counts.errors,
                             counts.first_error);
  }
  if (options.pid != 0) {
    const ProcessUsage& server = result.server;
    std::cout << fmt::format(
        "server        {:.3f} us CPU a request (user {:.3f}, system {:.3f}), {} sleeps, "
        "{} preempted, RSS {:.1f} MB\n",
        per_request_us(server.cpu_s, result), per_request_us(server.user_s, result),
        per_request_us(server.system_s, result), server.sleeps, server.preempted,
        static_cast<double>(server.rss_bytes) / 0x1p20);
  }
}

void print_json(const LoadOptions& options, const LoadResult& result) {
  const LoadCounts& counts = result.counts;
  const Histogram& latency = counts.latency;
  const ProcessUsage& server = result.server;
  std::cout << fmt::format(
      R"({{"workload":"{}","connections":{},"depth":{},"requests":{},"seconds":{:.4f},)"
      R"("p50_us":{:.2f},"p99_us":{:.2f},"p999_us":{:.2f},"max_us":{:.2f},)"
      R"("keys":{},"values":{},"errors":{},"first_error":"{}","received_bytes":{},)"
      R"("server_cpu_us":{:.4f},"server_user_us":{:.4f},"server_system_us":{:.4f},)"
      R"("server_sleeps":{},"server_preempted":{},"server_rss_bytes":{}}})"
      "\n",
      options.workload, options.connections, options.depth, counts.requests, result.seconds,
      microseconds(latency.quantile_ns(0.5)), microseconds(latency.quantile_ns(0.99)),
      microseconds(latency.quantile_ns(0.999)), microseconds(latency.max_ns()), counts.keys,
      counts.values, counts.errors, counts.first_error, counts.received_bytes,
      per_request_us(server.cpu_s, result), per_request_us(server.user_s, result),
      per_request_us(server.system_s, result), server.sleeps, server.preempted, server.rss_bytes);
}

std::string workload_help() {
  std::string help = "one of:";
  for (const WorkloadName& workload : workload_names()) {
    help += fmt::format("\n  {:10} {}", workload.name, workload.meaning);
  }
  return help;
}

void add_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--server", options.server, "HOST:PORT or a unix socket's path");
  app.add_flag("--tls", options.transport.tls, "speak TLS, whatever certificate the server shows");
  app.add_flag("--websocket", options.transport.websocket,
               "over WebSocket: a frame for each batch");
  app.add_option("--workload", options.workload, workload_help());
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--connections", options.connections, "in all")->check(CLI::Range(1, 10000));
  app.add_option("--depth", options.depth, "requests sent together on a connection")
      ->check(CLI::Range(1, 10000));
  app.add_option("--multiget", options.keys_per_get, "keys of one multiget")
      ->check(CLI::Range(1, 10000));
  app.add_option("--keys", options.keys)->check(CLI::Range(1U, 1'000'000'000U));
  app.add_option("--key-size", options.key_bytes, "bytes")
      ->check(CLI::Range(kMinKeyBytes, kMaxKeyBytes));
  app.add_option("--value-size", options.value_bytes, "bytes");
  app.add_option("--ttl", options.ttl_s, "seconds; 0: never expires");
  app.add_option("--zipf", options.zipf, "exponent; 0: uniform");
  app.add_flag("--fill-misses", options.fills_misses,
               "set the keys that gets do not find, as a program with a database does");
  app.add_flag("--sequential", options.sequential, "keys in turn instead of at random");
  app.add_option("--seconds", options.seconds, "to measure");
  app.add_option("--warmup", options.warmup_s, "seconds before that");
  app.add_option("--requests", options.requests, "stop after so many, no warm-up");
  app.add_option(
      "--rate", options.rate_per_s,
      "requests per second at fixed times, latency from when due; 0: as fast as it goes");
  app.add_option("--pid", options.pid, "the server's: its CPU time and memory");
  app.add_option("--pin", options.core, "core of the first thread; the others follow");
  app.add_option("--seed", options.seed);
}

int main(int argc, char** argv) {
  LoadOptions options;
  bool json = false;
  CLI::App app("Load for a memcached server: throughput, latency, CPU time; every byte checked.");
  add_options(app, options);
  app.add_flag("--json", json, "one line of JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    const LoadResult result = run_load(options);
    (json ? print_json : print_text)(options, result);
    return result.counts.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "isocache_loadgen: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace isocache::bench

int main(int argc, char** argv) { return isocache::bench::main(argc, argv); }
