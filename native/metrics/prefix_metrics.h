// isocache_prefix_*: the counts of `stats detail` as metrics, for a bounded number of prefixes.
//
//   user 50, page 40, a 1, b 1, ...   with room for 2:   user 50, page 40, %other 2 + ...
//
// A prefix that has a row keeps it until `stats reset` clears the counts, and a prefix without a
// row stays in "%other" for as long. So no counter goes back, however many prefixes come later.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "command/stats/prefixes.h"
#include "native/metrics/metrics_writer.h"
#include "native/shards/sharded_backend.h"

namespace isocache {

class PrefixMetrics {
 public:
  // `most`: how many prefixes have a row of their own. REQUIRES: the backend outlives it; most > 0.
  PrefixMetrics(ShardedBackend& backend, std::size_t most) : backend_(backend), most_(most) {}

  // Any thread. Locks one shard at a time while its counts are copied.
  void write(MetricsWriter& out);

 private:
  using Rows = std::map<std::string, PrefixCounters, std::less<>>;

  Rows take_rows(PrefixCounters& others);
  void choose(const Rows& rows);

  ShardedBackend& backend_;
  const std::size_t most_;
  std::mutex mutex_;             // one scrape at a time
  std::set<std::string> shown_;  // the prefixes that have a row
};

}  // namespace isocache
