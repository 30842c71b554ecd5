// isocache_scaling: the server's backend and sessions in one process, without sockets, on more and
// more threads. It shows what threads cost one another. N threads have as many shards as `isocached
// -t N`. For comparison it shows what the machine gives: as many threads that share nothing, each
// with a backend of its own.
//
//   isocache_scaling                       1 thread, 2, 4, ... up to the cores (at most 16)
//   isocache_scaling --threads 1,2 --json
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <latch>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "bench/base/random.h"
#include "bench/micro/micro.h"
#include "native/shards/sharded_backend.h"
#include "session/session.h"

namespace isocache::bench {
namespace {

constexpr UnixSeconds kNow_s = 1'700'000'000;
constexpr std::size_t kRequestsEach = 200'000;  // of each thread, made beforehand and repeated

struct ScalingOptions {
  std::vector<unsigned> threads;
  double seconds = 1;
  std::size_t items = 1'000'000;
  std::string match;
};

struct Load {
  const char* command;  // get or set
  const char* keys;     // uniform or one
  std::size_t depth;    // requests handed over together

  std::string title() const { return fmt::format("{} {}, {} deep", command, keys, depth); }
};

constexpr Load kLoads[] = {
    {"get", "uniform", 1},      {"get", "uniform", kBatch}, {"set", "uniform", 1},
    {"set", "uniform", kBatch}, {"get", "one", 1},          {"get", "one", kBatch},
    {"set", "one", kBatch},
};

struct Result {
  double requests_per_s = 0;
  double cpu_ns = 0;  // of all threads, a request
};

double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string request(const Load& load, std::uint64_t key_number) {
  static const std::string kValue(kMicroValueBytes, 'v');
  KeyText text;
  const std::string key(write_key(text, key_number));
  if (load.command == std::string_view("get")) return "get " + key + "\r\n";
  return fmt::format("set {} 0 0 {}\r\n{}\r\n", key, kValue.size(), kValue);
}

// A connection of its own for each thread, as a worker has.
class Client {
 public:
  explicit Client(Backend& backend) : backend_(backend), session_(backend, clock_, {}) {
    clock_.now_s = kNow_s;
  }

  // The bytes of the reply.
  std::size_t send(std::string_view requests) {
    session_.feed(requests);
    while (session_.wants_turn()) session_.resume();
    const std::size_t bytes = session_.output().size();
    backend_.release(session_.output());
    session_.output().clear();
    return bytes;
  }

 private:
  Backend& backend_;
  Clock clock_;
  Session session_;
};

std::vector<std::string> batches(const Load& load, std::size_t items, unsigned seed) {
  Random random(seed);
  std::vector<std::string> made(kRequestsEach / load.depth);
  const bool one_key = load.keys == std::string_view("one");
  for (std::string& batch : made) {
    for (std::size_t i = 0; i < load.depth; ++i) {
      batch += request(load, one_key ? 0 : random.below(items));
    }
  }
  return made;
}

// Thread i works on backends[i]: one backend for all, or one for each.
Result run(std::span<ShardedBackend* const> backends, const Load& load,
           const ScalingOptions& options) {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<double> cpu_s{0};
  std::atomic<bool> stop{false};
  std::latch ready(static_cast<std::ptrdiff_t>(backends.size()) + 1);
  std::vector<std::jthread> workers;
  for (unsigned thread = 0; thread < backends.size(); ++thread) {
    workers.emplace_back([&, thread] {
      const std::vector<std::string> inputs = batches(load, options.items, thread + 1);
      Client client(*backends[thread]);
      std::uint64_t sent = 0;
      ready.arrive_and_wait();
      const double cpu_before_s = thread_cpu_s();
      std::size_t at = 0;
      do {  // once at least, however late it comes: the results are divided by one another
        client.send(inputs[at]);
        if (++at == inputs.size()) at = 0;
        ++sent;
      } while (!stop.load(std::memory_order_relaxed));
      cpu_s += thread_cpu_s() - cpu_before_s;
      requests += sent * load.depth;
    });
  }
  ready.arrive_and_wait();
  const auto start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  workers.clear();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto count = static_cast<double>(requests.load());
  return {count / took.count(), cpu_s * 1e9 / count};
}

std::unique_ptr<ShardedBackend> filled(unsigned threads, std::size_t items) {
  Settings settings;
  settings.max_bytes = items * 250 + (std::size_t{256} << 20U);
  auto backend =
      std::make_unique<ShardedBackend>(settings, threads, hash_key_of(1), false, nullptr);
  Client client(*backend);
  for (std::size_t item = 0; item < items; ++item) {
    const std::string set = request({"set", "uniform", 1}, item);
    if (client.send(set) != std::string_view("STORED\r\n").size()) {
      throw std::runtime_error("a set failed");
    }
  }
  // The background work of a server; it finishes the index's growth, for example.
  for (unsigned shard = 0; shard < backend->shard_count(); ++shard) {
    while (backend->tick(shard, kNow_s)) {
    }
  }
  return backend;
}

// The results of one load.
struct Comparison {
  Load load;
  unsigned threads;
  Result one;     // one thread
  Result shared;  // all threads, one backend
  Result apart;   // all threads, a backend each: what the machine gives
};

void print(const Comparison& of, bool json) {
  const double speed_up = of.shared.requests_per_s / of.one.requests_per_s;
  const double ceiling = of.apart.requests_per_s / of.one.requests_per_s;
  if (json) {
    std::cout << fmt::format(
        R"({{"title":"{}","threads":{},"requests_per_s":{:.0f},"cpu_ns":{:.1f},)"
        R"("apart_cpu_ns":{:.1f},"speed_up":{:.3f},"ceiling":{:.3f}}})"
        "\n",
        of.load.title(), of.threads, of.shared.requests_per_s, of.shared.cpu_ns, of.apart.cpu_ns,
        speed_up, ceiling);
  } else {
    std::cout << fmt::format(
        "{:20} {:2} threads: {:10.0f}/s, {:5.1f} ns CPU each, {:.2f}x one thread "
        "(apart: {:5.1f} ns, {:.2f}x)\n",
        of.load.title(), of.threads, of.shared.requests_per_s, of.shared.cpu_ns, speed_up,
        of.apart.cpu_ns, ceiling);
  }
}

void run_all(const ScalingOptions& options, bool json) {
  const unsigned most = std::ranges::max(options.threads);
  std::vector<std::unique_ptr<ShardedBackend>> apart;
  for (unsigned i = 0; i < most; ++i) apart.push_back(filled(1, options.items));
  std::vector<ShardedBackend*> own;
  for (const auto& backend : apart) own.push_back(backend.get());
  for (const unsigned threads : options.threads) {
    const auto shared = filled(threads, options.items);
    const std::vector<ShardedBackend*> same(threads, shared.get());
    for (const Load& load : kLoads) {
      if (load.title().find(options.match) == std::string::npos) continue;
      print({load, threads, run(std::span(own).first(1), load, options), run(same, load, options),
             run(std::span(own).first(threads), load, options)},
            json);
    }
  }
}

int main(int argc, char** argv) {
  ScalingOptions options;
  bool json = false;
  CLI::App app("The backend on several threads, in process.");
  app.add_option("--threads", options.threads, "numbers of threads; default: 1, 2, 4 ... the cores")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "each measurement");
  app.add_option("--items", options.items, "of 100 bytes")->check(CLI::Range(1, 100'000'000));
  app.add_option("--match", options.match, "only loads whose title has this in it");
  app.add_flag("--json", json, "a line of JSON for each measurement");
  CLI11_PARSE(app, argc, argv);
  if (options.threads.empty()) {
    const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
    for (unsigned threads = 1; threads <= cores; threads *= 2) options.threads.push_back(threads);
  }
  try {
    run_all(options, json);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "isocache_scaling: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace isocache::bench

int main(int argc, char** argv) { return isocache::bench::main(argc, argv); }
