// What is replayed: requests for numbered objects, from a file or a generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isocache::bench {

struct TraceRequest {
  std::uint32_t object = 0;  // 0 .. objects-1
  std::uint32_t size = 0;    // of the value, should it be set now, bytes
  std::uint32_t ttl_s = 0;   // likewise; 0: never expires
  bool write = false;        // a set whether or not it is there; else a get, and a set on a miss
};

struct Trace {
  std::string name;
  std::vector<TraceRequest> requests;
  std::uint32_t objects = 0;
  // Where time matters (TTLs) the replay keeps to this pace; 0: as fast as it goes.
  std::uint32_t requests_per_s = 0;
};

// OLTP of Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003: lines
// `first count ignored ignored`, one request for each block. It has no sizes: they are drawn once
// for each block, lognormal with sigma 1, independent of popularity, and scaled so that all blocks
// together make 1 GB. Zstandard or plain.
Trace load_oltp(const std::string& path);

// The sample trace of libCacheSim: CSV `version,time,op,size,lbn`, gzip. Reads and writes both
// count as lookups, as block-cache studies do; an object has the size it is first asked for in.
Trace load_cloud_physics(const std::string& path);

// `name` is one of synthetic_names(). About `requests` long.
Trace make_synthetic(std::string_view name, std::uint32_t requests);
// Each with a line that says what it is.
struct SyntheticName {
  std::string_view name;
  std::string_view meaning;
};
std::vector<SyntheticName> synthetic_names();

}  // namespace isocache::bench
