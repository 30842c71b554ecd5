// The regions of a log: a ring that is written in order and reused in order. It knows what each
// region holds and in what state it is, and nothing of pages in memory or of the device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tier/record_format.h"

namespace isocache::tier {

using RegionId = std::uint32_t;
inline constexpr RegionId kNoRegion = ~RegionId{0};

enum class RegionState : std::uint8_t {
  kFree,     // can be opened
  kOpen,     // records are appended here
  kFull,     // can only be read
  kDead,     // nothing in it is read; it becomes free when its last write has ended
  kFailed,   // a write failed: nothing in it is read, and the owner must forget its records
  kRetired,  // forgotten, and not used again until retry()
};

struct Region {
  std::uint64_t first_sequence = 0;  // of its pages
  std::uint64_t first_number = 0;    // of its pages in PageBuffer
  std::uint32_t pages = 0;           // begun
  std::uint32_t records = 0;         // appended
  std::uint32_t live = 0;            // of them, those that the owner has not forgotten
  std::uint16_t writes = 0;          // in flight
  RegionState state = RegionState::kFree;
};

class Regions {
 public:
  // REQUIRES: region_bytes is a multiple of kPageBytes; part_bytes of region_bytes.
  Regions(std::uint64_t part_bytes, std::size_t region_bytes, std::uint64_t first_sequence);

  std::size_t region_bytes() const { return region_bytes_; }
  RegionId count() const { return static_cast<RegionId>(regions_.size()); }
  Region& operator[](RegionId id) { return regions_[id]; }
  const Region& operator[](RegionId id) const { return regions_[id]; }

  // kNoRegion: the location lies behind the part.
  RegionId region_of(Location location) const;
  Place place_of(Location location) const {
    return location % blocks_per_region_ * kBlockBytes;  // of the block
  }
  Location location(RegionId id, Place place) const {
    return id * blocks_per_region_ + place / kBlockBytes;
  }
  std::uint64_t offset(RegionId id) const { return std::uint64_t{id} * region_bytes_; }
  std::uint64_t sequence(RegionId id, Place place) const {
    return regions_[id].first_sequence + place / kPageBytes;
  }
  bool readable(RegionId id) const {
    return regions_[id].state == RegionState::kOpen || regions_[id].state == RegionState::kFull;
  }

  // The region that records are appended to. kNoRegion: there is none.
  RegionId open() const { return open_; }
  // Regions that are opened from now on have this first sequence, or later ones.
  std::uint64_t next_sequence() const { return next_sequence_; }
  // The region whose turn is next: the oldest one. kNoRegion: all others have failed.
  RegionId next() const;
  // REQUIRES: none is open, and the next one is free.
  void open_next(std::uint64_t first_number);
  void close_open();

  // Nothing in the region is read any more, and nothing needs to be forgotten.
  void die(RegionId id);
  void fail(RegionId id);
  // A failed region was forgotten by the owner.
  void retire(RegionId id);
  // Retired regions may be used again.
  void retry();
  void write_began(RegionId id) { ++regions_[id].writes; }
  void write_ended(RegionId id);

  // A failed region that is not yet retired, or kNoRegion.
  RegionId failed() const;
  RegionId usable() const;  // how many are neither failed nor retired
  std::uint64_t live_records() const;
  std::size_t memory_bytes() const { return regions_.capacity() * sizeof(Region); }

 private:
  std::size_t region_bytes_;
  std::uint64_t blocks_per_region_;
  std::uint64_t next_sequence_;
  RegionId open_ = kNoRegion;
  RegionId failed_count_ = 0;  // that are not yet retired
  RegionId last_opened_;
  std::vector<Region> regions_;
};

}  // namespace isocache::tier
