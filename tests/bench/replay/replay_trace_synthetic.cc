// Made-up traces, each with one difficulty. Sized for caches of 16 to 256 MB.
#include <cmath>
#include <stdexcept>
#include <string>

#include "bench/base/random.h"
#include "bench/replay/replay_trace.h"

namespace isocache::bench {
namespace {

// Lognormal, sigma 1, the given mean; drawn from `seed` alone, so that an object keeps its size.
std::uint32_t lognormal_size(std::uint64_t seed, double mean_bytes) {
  const double bytes = mean_bytes * std::exp(Random(seed).normal() - 0.5);
  return 1 + static_cast<std::uint32_t>(std::min(bytes, 900e3));
}

// Log-uniform between the bounds.
std::uint32_t loguniform_size(std::uint64_t seed, double low_bytes, double high_bytes) {
  return static_cast<std::uint32_t>(low_bytes *
                                    std::pow(high_bytes / low_bytes, Random(seed).unit()));
}

constexpr std::uint32_t kObjects = 300'000;
constexpr double kMeanBytes = 1000;
constexpr double kExponent = 0.9;

TraceRequest read_of(std::uint64_t object, std::uint32_t size) {
  TraceRequest request;
  request.object = static_cast<std::uint32_t>(object);
  request.size = size;
  return request;
}

TraceRequest read_of(std::uint64_t object) {
  return read_of(object, lognormal_size(object, kMeanBytes));
}

// Popularity by Zipf's law, sizes independent of it.
void make_zipf(Trace& trace, std::uint32_t requests) {
  trace.objects = kObjects;
  Random random(1);
  const Zipf zipf(kObjects, kExponent);
  while (trace.requests.size() < requests) trace.requests.push_back(read_of(zipf(random)));
}

// Every fifth request belongs to a scan that walks objects nobody else asks for, in bursts.
void make_scan(Trace& trace, std::uint32_t requests) {
  constexpr std::uint32_t kScanned = 1'000'000;
  constexpr std::uint32_t kBurst = 20'000;
  trace.objects = kObjects + kScanned;
  Random random(2);
  const Zipf zipf(kObjects, kExponent);
  std::uint32_t scanned = 0;
  while (trace.requests.size() < requests) {
    for (std::uint32_t i = 0; i < 4 * kBurst; ++i) trace.requests.push_back(read_of(zipf(random)));
    for (std::uint32_t i = 0; i < kBurst; ++i, ++scanned) {
      trace.requests.push_back(read_of(kObjects + scanned % kScanned));
    }
  }
  trace.requests.resize(requests);
}

// A quarter of the popular objects is replaced eight times during the run.
void make_shift(Trace& trace, std::uint32_t requests) {
  Random random(3);
  const Zipf zipf(kObjects, kExponent);
  std::vector<std::uint32_t> by_rank(kObjects);
  for (std::uint32_t rank = 0; rank < kObjects; ++rank) by_rank[rank] = rank;
  trace.objects = kObjects;
  for (std::uint32_t phase = 0; phase < 8; ++phase) {
    for (std::uint32_t i = 0; i < requests / 8; ++i) {
      trace.requests.push_back(read_of(by_rank[zipf(random)]));
    }
    for (std::uint32_t rank = phase % 4; rank < kObjects; rank += 4) {
      by_rank[rank] = trace.objects++;
    }
  }
}

// Again and again over 90 MB: a little more than 64 MB, where every LRU always misses.
void make_loop(Trace& trace, std::uint32_t requests) {
  trace.objects = 90'000;
  for (std::uint32_t i = 0; i < requests; ++i) trace.requests.push_back(read_of(i % trace.objects));
}

// Half are sets, each with a size of its own.
void make_overwrite(Trace& trace, std::uint32_t requests) {
  trace.objects = kObjects;
  Random random(4);
  const Zipf zipf(kObjects, kExponent);
  for (std::uint32_t i = 0; i < requests; ++i) {
    TraceRequest request = read_of(zipf(random), lognormal_size(random.next(), kMeanBytes));
    request.write = (random.next() & 1U) != 0;
    trace.requests.push_back(request);
  }
}

// Objects are read soon after they were written, then hardly ever: half of the requests ask for one
// of the last 20,000 objects.
void make_recent(Trace& trace, std::uint32_t requests) {
  constexpr std::uint32_t kRecent = 20'000;
  Random random(5);
  for (std::uint32_t i = 0; i < requests; ++i) {
    const bool again = trace.objects > kRecent && (random.next() & 1U) != 0;
    trace.requests.push_back(
        read_of(again ? trace.objects - 1 - random.below(kRecent) : trace.objects++));
  }
}

// 10 bytes to 500 KB, as many objects in each decade: 1 GB in all.
void make_mixed(Trace& trace, std::uint32_t requests) {
  trace.objects = 22'000;
  Random random(6);
  const Zipf zipf(trace.objects, kExponent);
  for (std::uint32_t i = 0; i < requests; ++i) {
    const std::uint64_t object = zipf(random);
    trace.requests.push_back(read_of(object, loguniform_size(object, 10, 500e3)));
  }
}

// Small ones: 10 to 200 bytes.
void make_tiny(Trace& trace, std::uint32_t requests) {
  trace.objects = 3'000'000;
  Random random(7);
  const Zipf zipf(trace.objects, kExponent);
  for (std::uint32_t i = 0; i < requests; ++i) {
    const std::uint64_t object = zipf(random);
    trace.requests.push_back(read_of(object, loguniform_size(object, 10, 200)));
  }
}

// Three quarters of the objects live for a few seconds only. The replay keeps a pace, because they
// expire.
void make_ttl(Trace& trace, std::uint32_t requests) {
  constexpr std::uint32_t kTtls_s[] = {2, 5, 15, 0};
  trace.objects = kObjects;
  trace.requests_per_s = 20'000;
  Random random(8);
  const Zipf zipf(kObjects, kExponent);
  for (std::uint32_t i = 0; i < requests; ++i) {
    TraceRequest request = read_of(zipf(random));
    request.ttl_s = kTtls_s[mix(request.object) % 4];
    trace.requests.push_back(request);
  }
}

struct Generator {
  SyntheticName name;
  void (*make)(Trace&, std::uint32_t requests);
};

constexpr Generator kGenerators[] = {
    {{"zipf", "Zipf 0.9 over 300 k objects of about 1 KB"}, make_zipf},
    {{"scan", "zipf, and bursts of scans: a fifth of all requests"}, make_scan},
    {{"shift", "zipf, a quarter of what is popular replaced eight times"}, make_shift},
    {{"loop", "round and round over 90 MB"}, make_loop},
    {{"overwrite", "zipf, half are sets of a new size"}, make_overwrite},
    {{"recent", "half ask for one of the last 20 k objects, half for a new one"}, make_recent},
    {{"mixed", "10 B to 500 KB, 1 GB in all, Zipf 0.9"}, make_mixed},
    {{"tiny", "3 M objects of 10 to 200 B, Zipf 0.9"}, make_tiny},
    {{"ttl", "zipf, three quarters expire within seconds; 20 k requests/s"}, make_ttl},
};

}  // namespace

Trace make_synthetic(std::string_view name, std::uint32_t requests) {
  for (const Generator& generator : kGenerators) {
    if (generator.name.name != name) continue;
    Trace trace;
    trace.name = name;
    generator.make(trace, requests);
    return trace;
  }
  throw std::runtime_error("no such workload: " + std::string(name));
}

std::vector<SyntheticName> synthetic_names() {
  std::vector<SyntheticName> names;
  for (const Generator& generator : kGenerators) names.push_back(generator.name);
  return names;
}

}  // namespace isocache::bench
