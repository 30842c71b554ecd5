// What one shard's tier counts and measures: plain data, behind the rows of `stats` and the
// metrics. figures.cc adds the shards up, field by field.
#pragma once

#include <cstdint>

namespace isocache {

// Since the start or `stats reset`.
struct TierCounters {
  std::uint64_t fetches = 0;   // requests that asked for a record
  std::uint64_t answered = 0;  // of these, gets that were answered from the record
  std::uint64_t recached = 0;  // of these, records that were brought back to memory
  std::uint64_t missing = 0;   // of these, records that were gone, damaged or could not be read
  std::uint64_t damaged = 0;   // of these, records that were read, and did not verify
  std::uint64_t refused = 0;   // of these, reads that the device refused, as when it has no memory
  std::uint64_t not_waited = 0;  // misses, because the device ended no read for seconds
  std::uint64_t abandoned = 0;   // of these, requests whose client was gone
};

struct TierFigures {
  TierCounters counters;

  // Since the start.
  std::uint64_t not_admitted = 0;     // items that left memory, and were not worth a write
  std::uint64_t not_appended = 0;     // or found no room in the log at that time
  std::uint64_t too_large = 0;        // of these, items larger than the log can take
  std::uint64_t records_read = 0;     // of the device, or of pages that wait for their write
  std::uint64_t bytes_read = 0;       // of these
  std::uint64_t records_written = 0;  // appended to the log, kept ones included
  std::uint64_t bytes_written = 0;    // to the device, whole pages
  std::uint64_t failed_reads = 0;     // of records; damaged ones do not count
  std::uint64_t failed_writes = 0;
  std::uint64_t records_kept = 0;  // written again when their region was cleaned
  std::uint64_t bytes_kept = 0;
  std::uint64_t records_dropped = 0;  // not written again, and so lost
  std::uint64_t bytes_dropped = 0;
  std::uint64_t entries_replaced =
      0;                        // lost because the index had no room, or two keys are one to it
  std::uint64_t bad_pages = 0;  // that could not be cleaned
  std::uint64_t regions_opened = 0;
  std::uint64_t regions_cleaned = 0;
  std::uint64_t regions_hurried = 0;  // of these, with records that were dropped unseen

  // Now.
  std::uint64_t limit_bytes = 0;  // of the device; 0: there is no tier
  std::uint64_t regions = 0;
  std::uint64_t regions_free = 0;
  std::uint64_t regions_failed = 0;
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;  // about
  std::uint64_t region_bytes = 0;  // in the regions that are not free
  std::uint64_t index_room = 0;    // records that the index can ever have room for
  std::uint64_t index_bytes = 0;
  std::uint64_t lent_bytes = 0;  // all memory that the store lends: index and buffers
  std::uint64_t reads_in_flight = 0;
  std::uint64_t stalled = 0;  // shards whose device has ended nothing for seconds
  std::uint64_t off = 0;      // shards whose log is off, because too many writes have failed

  bool exists() const { return limit_bytes != 0; }
  std::uint64_t regions_used() const { return regions - regions_free - regions_failed; }
  // In regions that are not free: dead records, gaps, and room that is not yet used.
  std::uint64_t fragmented_bytes() const {
    return region_bytes > record_bytes ? region_bytes - record_bytes : 0;
  }
};

// What a host watches a tier by. It costs less than TierFigures.
struct TierHealth {
  std::uint64_t failed_writes = 0;  // since the start
  std::uint64_t damaged = 0;        // records and pages that did not verify, since the start
  std::uint64_t shards_off = 0;     // now
};

// A line group of `stats extstore`.
struct TierRegion {
  std::uint64_t version = 0;  // grows with each use; 0: it is free
  std::uint64_t bytes = 0;    // of live records, about
};

}  // namespace isocache
