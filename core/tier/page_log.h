// The log of one shard: records are appended to pages in memory, full pages go to the device, and
// the oldest region is cleaned and used again. README.md has the whole picture.
//
// Single-threaded. Every call, also the device's on_done(), must be made under the shard's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tier/cleaner.h"
#include "tier/device.h"
#include "tier/log_owner.h"
#include "tier/page_buffer.h"
#include "tier/page_source.h"
#include "tier/record_format.h"
#include "tier/regions.h"

namespace isocache::tier {

// The part of a device that belongs to one log.
struct DevicePart {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct PageLogOptions {
  DevicePart part;                       // two regions at least; multiples of region_bytes
  std::size_t region_bytes = 64U << 20;  // a multiple of 64 KiB
  std::size_t write_pages = 16;          // neighbouring pages in one write; 16 at most
  std::size_t max_pages = 64;            // in memory; a power of two, 4 at least
  // How many of the hash's highest bits the owner's index stores at least. Keys that are equal in
  // these bits may share an entry.
  unsigned fingerprint_bits = 24;
  // How much of a cleaned region may be written again.
  unsigned max_kept_percent = 33;
  unsigned max_failures = 8;  // regions in a row; then the log is off
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;           // of this run of the host
  std::uint64_t first_sequence = 1;  // random in every run
};

// What an append gets. The value may come in pieces.
struct RecordParts {
  std::uint8_t bits = 0;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  std::uint32_t exptime = 0;
  std::uint32_t last_access = 0;
  std::string_view key;
  std::span<const std::string_view> value;
};

enum class AppendStatus : std::uint8_t {
  kAppended,
  kTooLarge,
  kNoPage,    // there is no memory now, or too many pages wait for their write
  kNotClean,  // the oldest region is not yet clean, or a write has just failed
  kOff,       // too many writes have failed
};
struct AppendResult {
  AppendStatus status = AppendStatus::kOff;
  Location location = 0;  // if appended
  LengthCode length = 0;
};

// What to read from the device. It is void when the region is closed and used again.
struct ReadPlan {
  explicit operator bool() const { return bytes != 0; }
  Location location = 0;
  std::uint64_t offset = 0;  // on the device
  std::size_t bytes = 0;     // 0: there is nothing to read
  std::uint64_t first_sequence = 0;
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

struct PageLogFigures {
  std::uint64_t appended_records = 0;  // without those that were kept
  std::uint64_t appended_bytes = 0;
  std::uint64_t refused = 0;
  std::uint64_t written_bytes = 0;  // to the device
  std::uint64_t failed_writes = 0;
  std::uint64_t opened_regions = 0;
  CleanerFigures cleaner;
};

class PageLog final : PageBuffer::Listener {
 public:
  // All must live as long as the log.
  PageLog(Device& device, PageSource& pages, LogOwner& owner, const PageLogOptions& options);
  PageLog(const PageLog&) = delete;
  PageLog& operator=(const PageLog&) = delete;
  // REQUIRES: idle().
  ~PageLog() { cleaner_.cancel(); }

  // Copies a record into the log. It can be found at once. Never waits.
  AppendResult append(std::uint64_t hash, const RecordParts& parts);
  // The owner's index points at this record no longer. Not for what the log told the owner itself.
  void forget(Location location);

  // Before a read: looks into the pages in memory.
  ReadResult find_in_memory(Location location, std::string_view key) const;
  // What to read if it is on the device.
  ReadPlan plan(Location location, LengthCode length) const;
  // Looks for the record in what was read. `bytes` are aligned to 8.
  ReadResult find_in(const ReadPlan& plan, std::span<const std::byte> bytes,
                     std::string_view key) const;

  // Does a bounded piece of what is to be done in the background: cleaning, and forgetting what
  // failed. True: there is more to do now. It should be called after every append, and from time to
  // time. It costs a few compares if there is nothing to do.
  bool step();
  // Writes the open page, although it is not full.
  void write_open_page();
  // Everything on the log is dead. The owner clears its index itself.
  void flush();
  // Regions that have failed may be used again, and the log is on.
  void retry();

  bool off() const { return off_; }
  // Nothing is in flight on the device, so the log may be destroyed.
  bool idle() const { return buffer_.writes_in_flight() == 0 && !cleaner_.reading(); }
  // Block of the next record. A location's age is its distance to it, backwards around the part.
  Location head() const;
  std::size_t max_record_bytes() const { return max_record_pages_ * kPageRoomBytes; }
  PageLogFigures figures() const;
  const Regions& regions() const { return regions_; }
  const PageBuffer& buffer() const { return buffer_; }
  std::size_t memory_bytes() const;  // without the pages in memory

 private:
  friend class Cleaner;

  friend class RecordWriter;

  // Where a record will lie.
  struct Spot {
    AppendStatus status = AppendStatus::kOff;
    Place begin = 0;
    Place end = 0;
    bool in_new_region = false;
  };

  std::uint64_t fingerprint(std::uint64_t hash) const;
  Place place_behind_head(std::uint64_t fingerprint, std::size_t head_bytes) const;
  Spot find_spot(std::uint64_t fingerprint, std::size_t key_length,
                 std::uint64_t value_length) const;
  bool reserve_pages(const Spot& spot);
  // Makes room for a record. If it refuses, no record is touched.
  Spot prepare(std::uint64_t hash, std::size_t key_length, std::uint64_t value_length);
  // For the cleaner: the same record once more.
  AppendResult append_again(std::uint64_t hash, const RecordView& record);
  AppendResult finish(std::uint64_t hash, const Spot& spot);
  void remember(std::uint64_t fingerprint, Place place);

  void move_head(Place place);
  void begin_page();
  void close_page();
  void close_region();
  void fail(RegionId region);

  void on_write_began(RegionId region, std::size_t pages) override;
  void on_write_ended(RegionId region, bool succeeded) override;

  Device& device_;
  PageLogOptions options_;
  Regions regions_;
  PageBuffer buffer_;
  Cleaner cleaner_;
  PageLogFigures figures_;
  std::size_t max_record_pages_;
  Place head_ = 0;  // in the open region: where the last record ends
  bool off_ = false;
  unsigned failures_in_a_row_ = 0;
  // Fingerprints of the records that begin in the block of the last one.
  Place block_ = 0;
  std::size_t fingerprints_in_block_ = 0;
  std::array<std::uint64_t, kMaxRecordsInBlock> fingerprints_{};
};

}  // namespace isocache::tier
