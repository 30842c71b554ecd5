// Memory as 64 KiB segments: where they lie, who uses them, how full and how dead they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "store/memory_source.h"
#include "store/record.h"

namespace isocache {

enum class SegmentUse : std::uint8_t {
  kFree,
  kTable,   // a page of the index or of a ghost
  kLent,    // the host uses it, see Store::lend_segment()
  kSmall,   // items on probation
  kMain,    // items that were read, or came back after eviction
  kZombie,  // nothing in it is live, but a reply still sends from it
};

// Bookkeeping of one segment, outside its 64 KiB.
struct Segment {
  std::uint32_t used = 0;     // bytes appended
  std::uint32_t live = 0;     // of them in live records
  std::uint32_t items = 0;    // live items (pieces not counted)
  std::uint32_t pins = 0;     // replies that send from here
  std::uint32_t uploads = 0;  // unfinished uploads that write here
  SegmentId next = 0;         // in the queue (or the free list)
  SegmentId previous = 0;
  SegmentId dead_next = 0;  // among segments as dead as this one
  SegmentId dead_previous = 0;
  std::uint32_t generation = 0;  // if it differs from the log's: everything in it was flushed
  std::uint64_t opened_at = 0;   // on the store's logical clock (puts)
  UnixSeconds opened_s = 0;
  UnixSeconds earliest_exptime = 0;  // a lower bound over its live items; 0: none expires
  SegmentUse use = SegmentUse::kFree;
  std::uint8_t band = 0;
  std::uint8_t dead_level = 0;  // which list of DeadLists; 0: none
  bool open = false;            // a stream still appends to it

  std::uint32_t dead() const { return used - live; }
  // Replies send from it or uploads write to it, so emptying it would bring no memory.
  bool held() const { return pins != 0 || uploads != 0; }
  bool holds_items() const { return use == SegmentUse::kSmall || use == SegmentUse::kMain; }
  void note_exptime(UnixSeconds exptime) {
    if (exptime != 0 && (earliest_exptime == 0 || exptime < earliest_exptime)) {
      earliest_exptime = exptime;
    }
  }
};

class Heap {
 public:
  Heap(std::size_t limit_bytes, MemorySource& source);

  // --- places -----------------------------------------------------------------------------
  std::byte* data(SegmentId id) const {
    return chunks_[(id - 1) / kSegmentsPerChunk] +
           ((id - 1) % kSegmentsPerChunk) * limits::kSegmentBytes;
  }
  std::byte* at(Location location) const {
    return data(segment_of(location)) + offset_of(location);
  }
  template <typename Record>
  Record* record(Location location) const {
    return reinterpret_cast<Record*>(at(location));
  }
  static SegmentId segment_of(Location location) {
    return static_cast<SegmentId>(location >> kOffsetBits);
  }
  static std::size_t offset_of(Location location) {
    return static_cast<std::size_t>(location & ((1U << kOffsetBits) - 1)) * kUnitBytes;
  }
  static Location locate(SegmentId id, std::size_t offset) {
    return (static_cast<Location>(id) << kOffsetBits) | (offset / kUnitBytes);
  }
  Segment& segment(SegmentId id) { return segments_[id]; }
  const Segment& segment(SegmentId id) const { return segments_[id]; }

  // --- segments ---------------------------------------------------------------------------
  // An unused segment, or 0: the limit is reached. Contents are undefined.
  SegmentId acquire(SegmentUse use);
  // REQUIRES: in no queue or list, no pins, nothing live in it.
  void release(SegmentId id);
  // Segments that acquire() can probably still give. A source that runs dry breaks this promise.
  // For a promise that holds, see secure().
  std::size_t available() const;
  // Fetches memory from the source if it must. True: the next `count` calls of acquire() succeed.
  bool secure(std::size_t count);
  // If the source had no memory when it was asked last, asks it again.
  void retry_source();
  std::size_t used_segments() const { return used_segments_; }
  SegmentId end_id() const { return static_cast<SegmentId>(segments_.size()); }
  // Free segments with memory: the first one, linked by Segment::next. 0: none.
  SegmentId first_free() const { return free_.head; }
  std::size_t resident_bytes() const {
    return (source_segments_ - discarded_.count) * limits::kSegmentBytes;
  }

  // --- the limit --------------------------------------------------------------------------
  std::size_t limit_segments() const { return limit_segments_; }
  // A limit may be lower than what is used. acquire() then goes by a ceiling that follows the use
  // down (lower_ceiling), so that no single caller has to make room for the whole difference.
  void set_limit(std::size_t limit_bytes);
  // Whether the host has the memory for the bookkeeping of so many segments.
  bool can_have_limit(std::size_t limit_bytes) const;
  bool above_limit() const {
    return used_segments_ > limit_segments_ || ceiling_ > limit_segments_;
  }
  // Leaves `spare` segments to acquire() beside those in use.
  void lower_ceiling(std::size_t spare);
  // Gives the memory of free segments above the limit back to the source, a bounded number of them.
  // True: there is more to give back.
  bool discard_excess();

  // Names what is inconsistent; null if nothing is. For Store::broken_invariant().
  const char* broken_invariant() const;

 private:
  static constexpr std::size_t kSegmentsPerChunk = 16;
  static constexpr std::size_t kForSurvivors = 2;
  // Free segments, last in first out, linked by Segment::next.
  struct FreeList {
    void push(std::vector<Segment>& segments, SegmentId id) {
      segments[id].next = head;
      head = id;
      ++count;
    }
    SegmentId pop(std::vector<Segment>& segments) {
      const SegmentId id = head;
      head = segments[id].next;
      --count;
      return id;
    }
    SegmentId head = 0;
    std::size_t count = 0;
  };
  static std::size_t segments_for(std::size_t limit_bytes);
  bool add_chunk();

  MemorySource& source_;
  std::vector<std::byte*> chunks_;  // 1 MiB each: ids 16c + 1 .. 16c + 16
  std::vector<Segment> segments_;   // by id; 0 is not used
  FreeList free_;
  FreeList discarded_;  // free, and their memory was given back
  std::size_t limit_segments_ = 0;
  std::size_t ceiling_ = 0;  // what acquire() goes by: at least the limit
  std::size_t used_segments_ = 0;
  std::size_t source_segments_ = 0;
  bool source_dry_ = false;
};

}  // namespace isocache
