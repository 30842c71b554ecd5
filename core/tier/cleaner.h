// Makes the oldest region free again: reads it, a few pages at a time, and lets the owner decide
// what becomes of each record that is still in use. It works in bounded steps and ahead of need.
//
// If the device is too slow for that, what was not yet looked at is given up: the owner sweeps its
// entries, which takes no read. So records that nobody has asked for are not refused for the sake
// of older ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tier/appender.h"
#include "tier/device.h"
#include "tier/log_owner.h"
#include "tier/record_format.h"
#include "tier/regions.h"

namespace isocache::tier {

struct CleanerFigures {
  std::uint64_t cleaned_regions = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t kept_records = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t dropped_records = 0;
  std::uint64_t dropped_bytes = 0;
  std::uint64_t bad_pages = 0;  // could not be read, or not to their end
  std::uint64_t sweeps = 0;
  std::uint64_t hurried_regions = 0;  // a part of them was given up
  std::uint64_t ended_reads = 0;
};

class Cleaner {
 public:
  Cleaner(Appender& log, Device& device, LogOwner& owner);

  // True: there is more to do now. False: nothing to do, or something must end first.
  bool step();
  // All regions are dead.
  void cancel();
  bool reading() const { return reading_; }
  // How much of the oldest region was looked at. What has no place counts as nothing.
  Place place() const {
    if (state_ == State::kIdle || state_ == State::kSweeping) return 0;
    return state_ == State::kRead && !long_record_ ? place_ : page_;
  }
  const CleanerFigures& figures() const { return figures_; }

 private:
  enum class State : std::uint8_t {
    kIdle,
    kNextPage,  // of the region, to be read
    kReading,
    kRead,  // the pages, or the long record
    kSweeping,
  };
  enum class Done : std::uint8_t { kYes, kLater, kPageEnds };

  struct Read final : DeviceRead {
    explicit Read(Cleaner& owner) : cleaner(owner) {}
    void on_done(bool succeeded) noexcept override { cleaner.read_ended(succeeded); }
    Cleaner& cleaner;
  };

  bool begin();
  void stop_reading();
  bool is_late() const;
  bool give_up();
  bool begin_read(Place begin, Place end);
  void read_ended(bool succeeded);
  bool read_next_pages();
  bool begin_page();
  bool walk();
  Done visit(const RecordView& record);
  Done visit_long(const RecordView& record);
  bool keep_long();
  Done keep(std::uint64_t hash, Location location, const RecordView& record);
  void drop(std::uint64_t hash, Location location, const RecordView& record);
  void end_page();
  void bad_page();
  void end_region();
  bool sweep();
  PageRun run() const { return {read_.data(), read_begin_}; }

  Appender& log_;
  Device& device_;
  LogOwner& owner_;
  Read read_;
  CleanerFigures figures_;
  State state_ = State::kIdle;
  RegionId region_ = kNoRegion;
  Place page_ = 0;           // in the region, that is cleaned
  Place place_ = 0;          // of the next record
  Place page_used_ = 0;      // where the page's last record ends
  Place read_begin_ = 0;     // of the bytes that are read
  bool reading_ = false;     // the device has read_
  bool abandoned_ = false;   // and nobody needs what it reads
  bool one_by_one_ = false;  // a page at a time, because several could not be read
  bool long_record_ = false;
  std::uint64_t kept_bytes_ = 0;  // of this region
};

}  // namespace isocache::tier
