// What must hold in the log between any two calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/log.h"

namespace isocache {

// What one segment, or all of them, hold.
struct LogTally {
  std::size_t live_bytes = 0;
  std::size_t used_bytes = 0;
  std::size_t items = 0;          // uploads included
  std::size_t visible_items = 0;  // what the index must point at
  std::size_t segments = 0;
  std::size_t flushed_segments = 0;
  std::size_t upload_bytes = 0;               // reserved
  std::vector<std::uint32_t> upload_records;  // of each segment
};

// Names what is inconsistent; null if nothing is. Adds what it finds to `all`. `tables` is the
// number of segments that the index and the ghost have.
const char* broken_log(const Log& log, std::size_t tables, LogTally& all);

}  // namespace isocache
