// The log of one shard: records are appended to pages in memory, full pages go to the device, and
// the oldest region is cleaned and used again. README.md has the whole picture.
//
// Single-threaded. Every call, also the device's on_done(), must be made under the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tier/appender.h"
#include "tier/cleaner.h"
#include "tier/device.h"
#include "tier/log_options.h"
#include "tier/log_owner.h"
#include "tier/page_source.h"
#include "tier/record_format.h"
#include "tier/record_walk.h"

namespace isocache::tier {

// What to read from the device. It is void when the region is closed and used again.
struct ReadPlan {
  explicit operator bool() const { return bytes != 0; }
  Location location = 0;
  std::uint64_t offset = 0;  // on the device
  std::size_t bytes = 0;     // 0: there is nothing to read
  std::uint64_t first_sequence = 0;
  LengthCode length = 0;  // of the record, as the index has it
  bool may_be_longer = false;
};

enum class ReadStatus : std::uint8_t {
  kFound,
  kMissing,   // not there, or damaged, or the region is gone
  kReadMore,  // read `more`, and look again
  kOnDevice,  // only from find_in_memory(): it must be read
};
struct ReadResult {
  ReadStatus status = ReadStatus::kMissing;
  RecordView record{};  // valid while the bytes are; from memory, until the next call
  ReadPlan more{};
};

struct PageLogFigures : AppenderFigures {
  CleanerFigures cleaner;
};

class PageLog {
 public:
  // All must live as long as the log.
  PageLog(Device& device, PageSource& pages, LogOwner& owner, const PageLogOptions& options)
      : device_(device),
        owner_(owner),
        appender_(device, pages, options),
        cleaner_(appender_, device, owner) {}
  PageLog(const PageLog&) = delete;
  PageLog& operator=(const PageLog&) = delete;
  // REQUIRES: idle().
  ~PageLog() { cleaner_.cancel(); }

  // Copies a record into the log. It can be found at once. Never waits.
  AppendResult append(std::uint64_t hash, const RecordParts& parts) {
    return appender_.append(hash, parts);
  }
  // The owner's index points at this record no longer. Not for what the log told the owner itself.
  void forget(Location location) { appender_.forget(location); }

  // Before a read: looks into the pages in memory.
  ReadResult find_in_memory(Location location, LengthCode length, std::string_view key) const;
  // What to read if it is on the device.
  ReadPlan plan(Location location, LengthCode length) const;
  // The region has not been given up since.
  bool is_current(const ReadPlan& plan) const;
  // Looks for the record in what was read. `bytes` are aligned to 8. A record of another length
  // than the index says is not the one.
  ReadResult find_in(const ReadPlan& plan, std::span<const std::byte> bytes,
                     std::string_view key) const;
  // The record was not found. Whether another key's begins there, which the index cannot tell from
  // this one: then nothing is damaged. REQUIRES: the plan is current.
  bool holds_another(const ReadPlan& plan, std::span<const std::byte> bytes,
                     std::uint64_t hash) const;

  // For going over all records: a page of a readable region, if it is in memory.
  LogPage page_in_memory(RegionId region, std::uint32_t index) const;
  // Otherwise it lies there on the device, and parse_page() needs to know which one it is.
  std::uint64_t page_offset(RegionId region, std::uint32_t index) const {
    return device_offset(region) + Place{index} * kPageBytes;
  }
  PageIdentity page_identity(RegionId region, std::uint32_t index) const;

  // Does a bounded piece of what is to be done in the background: cleaning, and forgetting what
  // failed. True: there is more to do now. It costs a few compares if there is nothing to do.
  bool step() { return cleaner_.step(); }
  // So many steps that the cleaner is done in time, but not many at once: it keeps pace with all
  // appends, not with each one. Call it after each append, and with 0 in each turn of a request and
  // for each piece of a large value. Steps at other times come on top.
  void keep_pace(std::size_t appended_bytes);
  // Writes the open page, although it is not full.
  void write_open_page() { appender_.write_open_page(); }
  // Everything on the log is dead. The owner clears its index itself.
  void flush();
  // Regions that have failed may be used again, and the log is on.
  void retry() { appender_.retry(); }

  bool off() const { return appender_.off(); }
  bool writing() const { return !appender_.idle(); }
  bool cleaner_reads() const { return cleaner_.reading(); }
  // Nothing is in flight on the device, so the log may be destroyed.
  bool idle() const { return appender_.idle() && !cleaner_.reading(); }
  // Block of the next record. A location's age is its distance to it, backwards around the part.
  Location head() const { return appender_.head(); }
  // In the open region: where the last record ends.
  Place head_place() const { return appender_.head_place(); }
  // Where a record lies in the order in which the log was written: of two records, the one that was
  // written later has the higher position. `location` is its block, and `place` its place, in the
  // region or in any run of pages.
  std::uint64_t position(Location location, Place place) const {
    return appender_.position(location, place);
  }
  // The position of the next record, and one that no readable record lies before. O(regions).
  std::uint64_t end_position() const { return appender_.end_position(); }
  std::uint64_t begin_position() const { return appender_.begin_position(); }
  std::size_t max_record_bytes() const { return appender_.max_record_bytes(); }
  PageLogFigures figures() const;
  const Regions& regions() const { return appender_.regions(); }
  std::size_t memory_bytes() const;  // without the pages in memory

 private:
  std::uint64_t device_offset(RegionId region) const;

  Device& device_;
  LogOwner& owner_;
  Appender appender_;
  Cleaner cleaner_;
};

}  // namespace isocache::tier
