// Requests to replay, for numbered objects, from a file or a generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isocache::bench {

struct TraceRequest {
  std::uint32_t object = 0;  // 0 .. objects-1
  std::uint32_t size = 0;    // of the value, if it is set now, in bytes
  std::uint32_t ttl_s = 0;   // if it is set now; 0: never expires
  // true: a set, whether or not the object is there; false: a get, and a set on a miss
  bool write = false;
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
// The names, each with a line that describes it.
struct SyntheticName {
  std::string_view name;
  std::string_view meaning;
};
std::vector<SyntheticName> synthetic_names();

}  // namespace isocache::bench
