// Threads of connections against one server, and the results.
#pragma once

#include "bench/base/process_usage.h"
#include "bench/loadgen/loadgen_connection.h"
#include "bench/loadgen/loadgen_options.h"

namespace isocache::bench {

struct LoadResult {
  LoadCounts counts;
  double seconds = 0;
  ProcessUsage server;  // in those seconds; zeros without a pid
};

// Throws std::runtime_error if the server cannot be reached or disconnects.
LoadResult run_load(const LoadOptions& options);

}  // namespace isocache::bench
