// The log's pages in memory: the one that is filled, those that wait for a write, and those that
// are being written. A page stays until every record that begins in it is on the device, whole.
//
// Pages are numbered in the order in which they are begun. The pages of a region have neighbouring
// numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tier/device.h"
#include "tier/page_format.h"
#include "tier/page_source.h"
#include "tier/record_format.h"
#include "tier/regions.h"

namespace isocache::tier {

struct PageBufferOptions {
  std::uint64_t device_offset = 0;  // where the log's part begins
  std::size_t write_pages = 16;     // neighbouring pages that are written at one time
  std::size_t max_pages = 64;       // in memory; a power of two
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;
};

struct BufferedPage {
  enum class State : std::uint8_t { kGone, kFilling, kFull, kWriting, kWritten, kUnwanted };

  std::uint64_t sequence = 0;
  RegionId region = kNoRegion;
  std::uint32_t index = 0;  // in the region
  std::uint32_t first_record = 0;
  std::uint32_t used = 0;
  std::uint32_t records = 0;
  std::uint32_t extends = 0;  // how many more pages its last record covers
  State state = State::kGone;
};

class PageBuffer {
 public:
  class Listener {
   public:
    virtual void on_write_began(RegionId region, std::size_t pages) = 0;
    virtual void on_write_ended(RegionId region, bool succeeded) = 0;

   protected:
    ~Listener() = default;
  };

  // All must live as long as the buffer, and the buffer until its last write has ended.
  PageBuffer(Device& device, PageSource& source, const Regions& regions, Listener& listener,
             const PageBufferOptions& options);
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;
  ~PageBuffer();

  // Makes sure that so many pages can be begun. False: there is no room or no memory now.
  bool reserve(std::size_t pages);
  // Gives back what was reserved and not begun.
  void release_reserved();
  // Begins the page with number next_number(). REQUIRES: reserve().
  void begin_page(RegionId region, std::uint32_t index, std::uint64_t sequence);
  std::uint64_t next_number() const { return end_; }

  // REQUIRES: holds(number).
  BufferedPage& page(std::uint64_t number) { return pages_[slot(number)]; }
  const BufferedPage& page(std::uint64_t number) const { return pages_[slot(number)]; }
  std::byte* memory(std::uint64_t number) { return memory_[slot(number)]; }
  bool holds(std::uint64_t number) const {
    return number >= begin_ && number < end_ && memory_[slot(number)] != nullptr;
  }
  // The page and those that its last record covers.
  PageRun run(std::uint64_t number) const {
    return {memory_.data(), number, mask_, std::size_t{1} + pages_[slot(number)].extends};
  }

  // The newest page is complete up to `used`.
  void close_page(std::uint32_t used);
  // Begins the writes of full pages: as soon as there are write_pages of them, or of all of them.
  void write_full_pages(bool all);
  // Nobody needs the pages of this region any more.
  void drop(RegionId region);
  void drop_all();

  std::size_t writes_in_flight() const { return writes_in_flight_; }
  std::size_t memory_bytes() const;  // without the pages themselves

 private:
  struct Write final : DeviceIo {
    void on_done(bool succeeded) noexcept override { buffer->write_ended(*this, succeeded); }

    PageBuffer* buffer = nullptr;
    std::uint64_t first = 0;
    std::size_t pages = 0;  // 0: not in flight
    RegionId region = kNoRegion;
  };

  std::size_t slot(std::uint64_t number) const { return static_cast<std::size_t>(number) & mask_; }
  std::size_t full_pages_at(std::uint64_t number) const;
  void begin_write(std::uint64_t first, std::size_t pages);
  void write_ended(Write& write, bool succeeded);
  bool written_whole(std::uint64_t number) const;
  void release_written();
  void drop_page(std::uint64_t number);
  void release_page(std::uint64_t number);

  Device& device_;
  PageSource& source_;
  const Regions& regions_;
  Listener& listener_;
  PageBufferOptions options_;
  std::size_t mask_;
  std::uint64_t begin_ = 0;      // of the pages that may be in memory
  std::uint64_t unwritten_ = 0;  // the first one whose write has not begun
  std::uint64_t end_ = 0;
  std::size_t writes_in_flight_ = 0;
  std::vector<BufferedPage> pages_;
  std::vector<std::byte*> memory_;  // of each page; null: gone
  std::vector<std::byte*> reserved_;
  std::vector<Write> writes_;
};

}  // namespace isocache::tier
