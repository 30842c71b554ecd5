// Where records get into the log: it chooses the place, copies the record into pages in memory, and
// opens and closes regions. If a write fails, it takes the region out of use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tier/device.h"
#include "tier/log_options.h"
#include "tier/page_buffer.h"
#include "tier/page_source.h"
#include "tier/record_format.h"
#include "tier/regions.h"

namespace isocache::tier {

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

struct AppenderFigures {
  std::uint64_t appended_records = 0;  // without those that were kept
  std::uint64_t appended_bytes = 0;
  std::uint64_t refused = 0;
  std::uint64_t written_bytes = 0;  // to the device
  std::uint64_t ended_writes = 0;
  std::uint64_t failed_writes = 0;
  std::uint64_t opened_regions = 0;
};

// How many pages the largest record has.
std::size_t largest_record_pages(const PageLogOptions& options);

class Appender final : PageBuffer::Listener {
 public:
  Appender(Device& device, PageSource& pages, const PageLogOptions& options);
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  AppendResult append(std::uint64_t hash, const RecordParts& parts);
  // For the cleaner: the same record once more.
  AppendResult append_again(std::uint64_t hash, const RecordView& record);
  // The index points at this record no longer.
  void forget(Location location);

  void write_open_page();
  // Everything is dead.
  void flush();
  void retry();

  // The owner's index may keep one entry for both.
  bool same_fingerprint(std::uint64_t hash, std::uint64_t other) const {
    return fingerprint(hash) == fingerprint(other);
  }

  bool off() const { return off_; }
  bool idle() const { return buffer_.writes_in_flight() == 0; }
  // Block of the next record.
  Location head() const;
  // Where the last record ends in the open region.
  Place head_place() const { return head_; }
  // See PageLog.
  std::uint64_t position(Location location, Place place) const;
  std::uint64_t end_position() const;
  std::uint64_t begin_position() const;
  // Enough of the open region is used that the next one should be cleaned, or none is open.
  bool needs_region_soon() const;
  // How much of the next one should be clean by now, so that all of it is when it has to be.
  Place to_be_cleaned() const;
  // Nearly all of it is used.
  bool needs_region_now() const;
  std::size_t max_record_pages() const { return max_record_pages_; }
  std::size_t max_record_bytes() const { return max_record_pages_ * kPageRoomBytes; }
  const AppenderFigures& figures() const { return figures_; }
  const PageLogOptions& options() const { return options_; }
  Regions& regions() { return regions_; }
  const Regions& regions() const { return regions_; }
  const PageBuffer& buffer() const { return buffer_; }

 private:
  // Copies one record, piece by piece, to the head, and sums it up on the way.
  class RecordWriter;
  // Where a record will lie.
  struct Spot {
    AppendStatus status = AppendStatus::kOff;
    Place begin = 0;
    Place end = 0;
    bool in_new_region = false;
  };

  std::uint64_t position_in(std::uint64_t sequence, Place place) const;
  std::uint64_t fingerprint(std::uint64_t hash) const;
  Place place_behind_head(std::uint64_t fingerprint, std::size_t head_bytes) const;
  Spot find_spot(std::uint64_t fingerprint, std::size_t key_length,
                 std::uint64_t value_length) const;
  bool reserve_pages(const Spot& spot);
  // Makes room for a record. If it refuses, no record is touched.
  Spot prepare(std::uint64_t hash, std::size_t key_length, std::uint64_t value_length);
  AppendResult finish(std::uint64_t hash, const Spot& spot);
  void remember(std::uint64_t fingerprint, Place place);

  void move_head(Place place);
  void begin_page();
  void close_page();
  void close_region();
  void fail(RegionId region);

  void on_write_began(RegionId region, std::size_t pages) override;
  void on_write_ended(RegionId region, bool succeeded) override;

  PageLogOptions options_;
  Regions regions_;
  PageBuffer buffer_;
  AppenderFigures figures_;
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
