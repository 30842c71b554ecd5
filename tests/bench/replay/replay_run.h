// Replays a trace against a cache as an application would use it: get, and on a miss set.
#pragma once

#include <cstdint>

#include "bench/replay/replay_cache.h"
#include "bench/replay/replay_trace.h"

namespace isocache::bench {

struct ReplayOptions {
  // Requests in flight together. A batch's gets go first, then the sets of those that missed; it
  // ends before an object comes twice, so that the outcome is nearly that of one request at a time.
  std::size_t batch = 16;
  // For a cache without a clock: how fast the trace's clock advances.
  std::uint32_t requests_per_s = 20'000;
  bool keep_pace = false;  // wait, so that the real clock runs like the trace's
};

struct ReplayResult {
  std::uint64_t requests = 0;
  std::uint64_t reads = 0;
  std::uint64_t hits = 0;
  std::uint64_t read_bytes = 0;  // asked for
  std::uint64_t hit_bytes = 0;
  std::uint64_t writes = 0;
  std::uint64_t refused_writes = 0;
  std::uint64_t wrong_bytes = 0;   // hits with other bytes than were last stored
  std::uint64_t expired_hits = 0;  // hits on items that had expired more than a second before
  double seconds = 0;

  double miss_ratio() const { return ratio(reads - hits, reads); }
  double byte_miss_ratio() const { return ratio(read_bytes - hit_bytes, read_bytes); }

 private:
  static double ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

ReplayResult replay(const Trace& trace, Cache& cache, const ReplayOptions& options);

}  // namespace isocache::bench
