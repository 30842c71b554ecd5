// What a store counts and measures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "store/bands.h"

namespace isocache {

// What is counted for each size band, and for all of them together.
struct BandEvents {
  std::uint64_t evictions = 0;  // live items dropped for room, and lost
  std::uint64_t evicted_unfetched = 0;
  std::uint64_t evicted_active = 0;   // dropped though read since they were last written or copied
  std::uint64_t evicted_nonzero = 0;  // dropped though they had an exptime
  std::uint64_t expired_unfetched = 0;
  // Expired or flushed items: found when room was needed, replaced by a new item, or at a queue's
  // end in the background (StoreOptions::maintains_ends).
  std::uint64_t reclaimed = 0;
  std::uint64_t crawler_reclaimed = 0;  // found elsewhere in the background
  std::uint64_t crawler_items_checked = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t promoted = 0;  // copied from the small queue to the main queue
  std::uint64_t kept = 0;      // copied on inside the main queue
};

struct StoreCounters : BandEvents {
  std::uint64_t total_items = 0;  // ever stored
  std::uint64_t too_large = 0;
  std::uint64_t ghost_hits = 0;
  std::uint64_t compacted_segments = 0;
  std::uint64_t in_place_updates = 0;
  std::array<BandEvents, kBands> bands = {};

  void count(std::uint64_t BandEvents::*event, unsigned band) {
    ++(this->*event);
    ++(bands[band].*event);
  }
};

// One size band, which `stats items` and `stats slabs` show as a class.
struct BandStats {
  std::uint64_t items = 0;
  std::uint64_t item_bytes = 0;  // header, key, value, padding
  std::uint64_t segments = 0;
  UnixSeconds oldest_s = 0;       // when the segment that is evicted next was opened; 0: none
  UnixSeconds evicted_age_s = 0;  // of the last one evicted: the time since its last access
};

struct MemoryUse {
  std::size_t limit = 0;
  std::size_t segment_bytes = 0;  // from the memory source, less what was given back
  std::size_t index_bytes = 0;
  std::size_t ghost_bytes = 0;
  std::size_t item_bytes = 0;  // live records
  std::size_t dead_bytes = 0;
  std::size_t pinned_segments = 0;  // replies send from them
  std::size_t upload_bytes = 0;     // what unfinished uploads may grow to
  std::size_t uploads_waiting = 0;  // to begin
  std::size_t lent_bytes = 0;       // see Store::lend_segment()
};

struct IndexStats {
  std::uint64_t buckets = 0;
  bool growing = false;
};

}  // namespace isocache
