// The options of a load generator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/loadgen/loadgen_transport.h"

namespace isocache::bench {

inline constexpr std::size_t kMinKeyBytes = 14;  // "key:" and ten digits
inline constexpr std::size_t kMaxKeyBytes = 250;

struct LoadOptions {
  std::string server = "127.0.0.1:11211";
  TransportOptions transport;
  std::string workload = "get";
  unsigned threads = 1;
  unsigned connections = 1;     // in all
  unsigned depth = 1;           // requests sent together on one connection
  unsigned keys_per_get = 100;  // of a multiget
  std::uint32_t keys = 100'000;
  std::size_t key_bytes = 20;
  std::size_t value_bytes = 100;
  std::uint32_t ttl_s = 0;
  double zipf = 0;            // exponent; 0: uniform
  bool fills_misses = false;  // a get that finds nothing is followed by a set of that key
  bool sequential = false;    // keys in turn, to fill a server
  double seconds = 5;
  double warmup_s = 0.5;
  std::uint64_t requests = 0;  // stop after so many, without warm-up; 0: by time
  double rate_per_s = 0;       // sent at fixed times, latency from when it was due; 0: closed loop
  int pid = 0;                 // of the server, for its use of CPU and memory
  int core = -1;               // pin thread i to core + i
  std::uint64_t seed = 1;
};

}  // namespace isocache::bench
