// How a record lies on the device. FORMAT.md has the same layout as a picture.
//
// Places are counted from the begin of a region, page headers included. Header and key of a record
// lie in one page. The value goes on behind the header of the next page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "tier/page_format.h"

namespace isocache::tier {

// The block of the part in which a record begins.
using Location = std::uint64_t;

// A place in a region, or in any run of pages.
using Place = std::uint64_t;

// Behind the first 8 bytes come the bytes of ItemHeader in store/record.h.
struct RecordHeader {
  std::uint32_t checksum = 0;  // of the page's sequence and of everything behind this field
  std::uint32_t value_length = 0;
  std::uint16_t short_value_length = 0;  // the same, or 0 if it has more than 16 bits
  std::uint8_t key_length = 0;           // 1..250
  std::uint8_t bits = 0;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  std::uint32_t exptime = 0;
  std::uint32_t last_access = 0;
};
static_assert(sizeof(RecordHeader) == 32);
static_assert(offsetof(RecordHeader, short_value_length) == 8);
static_assert(offsetof(RecordHeader, cas) == 16);

inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kMinRecordBytes = 40;  // with a key of one byte and no value
inline constexpr std::size_t kMaxRecordsInBlock = kBlockBytes / kMinRecordBytes + 1;

// Stands where a record could begin: nothing begins before the next block.
inline constexpr std::uint64_t kGap = ~std::uint64_t{0};

constexpr std::uint16_t short_length(std::uint32_t value_length) {
  return static_cast<std::uint16_t>(value_length <= 0xffff ? value_length : 0);
}
constexpr std::uint64_t record_bytes(std::size_t key_length, std::uint64_t value_length) {
  return sizeof(RecordHeader) + key_length + value_length;
}
constexpr Place align_record(Place place) {
  return (place + kRecordAlignment - 1) & ~Place{kRecordAlignment - 1};
}
constexpr Place next_page(Place place) { return (place / kPageBytes + 1) * kPageBytes; }
// A place where bytes of a record may lie: behind the page's header if it is at a page's begin.
constexpr Place skip_header(Place place) {
  return place % kPageBytes == 0 ? place + sizeof(PageHeader) : place;
}
// Where `bytes` bytes end that begin at `place`.
constexpr Place end_of(Place place, std::uint64_t bytes) {
  const std::uint64_t room = next_page(place) - place;
  if (bytes <= room) return place + bytes;
  bytes -= room;
  const std::uint64_t full_pages = (bytes - 1) / kPageRoomBytes;
  return next_page(place) + full_pages * kPageBytes + sizeof(PageHeader) +
         (bytes - full_pages * kPageRoomBytes);
}

// How far to read: the number of blocks from the one in which a record begins to the one in which
// it ends. Long records have kLongRecord instead.
using LengthCode = std::uint8_t;
inline constexpr LengthCode kLongRecord = 127;
constexpr LengthCode length_code(Place begin, Place end) {
  const std::uint64_t blocks = (end + kBlockBytes - 1) / kBlockBytes - begin / kBlockBytes;
  return static_cast<LengthCode>(blocks < kLongRecord ? blocks : kLongRecord);
}

// So much from the begin of a block holds the header and the key of every record that begins there.
inline constexpr std::size_t kHeadReadBytes = 2 * kBlockBytes;
static_assert(kBlockBytes - kRecordAlignment + sizeof(RecordHeader) + limits::kMaxKeyBytes <=
              kHeadReadBytes);

// Neighbouring pages, or a part of them: in a read buffer one behind the other, or in memory, each
// by itself.
class PageRun {
 public:
  PageRun() = default;
  // `bytes` lie from `begin` on.
  PageRun(std::span<const std::byte> bytes, Place begin)
      : bytes_(bytes.data()), begin_(begin), end_(begin + bytes.size()) {}
  // Page n of the run is table[(first + n) & mask].
  PageRun(const std::byte* const* table, std::uint64_t first, std::size_t mask, std::size_t pages)
      : table_(table), first_(first), mask_(mask), end_(pages * kPageBytes) {}

  Place begin() const { return begin_; }
  Place end() const { return end_; }
  const std::byte* at(Place place) const {
    if (table_ == nullptr) return bytes_ + (place - begin_);
    const auto number = static_cast<std::size_t>(first_ + place / kPageBytes);
    return table_[number & mask_] + place % kPageBytes;
  }
  // Calls `visit` for each piece of the `length` bytes that begin at `place`.
  template <typename Visit>
  void for_each_piece(Place place, std::uint64_t length, Visit visit) const {
    while (length > 0) {
      place = skip_header(place);
      const std::uint64_t room = next_page(place) - place;
      const std::uint64_t piece = length < room ? length : room;
      visit(std::string_view(reinterpret_cast<const char*>(at(place)),
                             static_cast<std::size_t>(piece)));
      place += piece;
      length -= piece;
    }
  }

 private:
  const std::byte* bytes_ = nullptr;
  const std::byte* const* table_ = nullptr;
  std::uint64_t first_ = 0;
  std::size_t mask_ = 0;
  Place begin_ = 0;
  Place end_ = 0;
};

// A record as it was read. It points into the run's pages.
class RecordView {
 public:
  RecordView() = default;
  RecordView(const PageRun& run, Place place) : run_(run), place_(place) {}

  const RecordHeader& header() const {
    return *reinterpret_cast<const RecordHeader*>(run_.at(place_));
  }
  std::string_view key() const {
    return {reinterpret_cast<const char*>(&header() + 1), header().key_length};
  }
  std::uint32_t value_length() const { return header().value_length; }
  // In order, without empty ones. There is one, unless the value goes on in another page.
  template <typename Visit>
  void for_each_value_piece(Visit visit) const {
    run_.for_each_piece(place_ + sizeof(RecordHeader) + header().key_length, value_length(), visit);
  }

  Place place() const { return place_; }
  std::uint64_t bytes() const { return record_bytes(header().key_length, value_length()); }
  Place end() const { return end_of(place_, bytes()); }

 private:
  PageRun run_;
  Place place_ = 0;
};

// Whether a header and a key that make sense lie at `place`, whole and within one page. It does not
// look at the value.
bool plausible_record(const PageRun& run, Place place);

// Whether a plausible record is whole and undamaged, and belongs to the page with this sequence.
bool verify_record(const RecordView& record, const PageRun& run, std::uint64_t sequence);

// Calls `visit` for what may be a record that begins in the block at `block`. It may be damaged, or
// a part of a value that looks like one.
template <typename Visit>
void for_each_record_in_block(const PageRun& run, Place block, Visit visit) {
  const Place limit = std::min<Place>(next_page(block), run.end());
  for (Place place = skip_header(block); place < block + kBlockBytes; place += kRecordAlignment) {
    if (place + sizeof(RecordHeader) > limit) break;
    if (plausible_record(run, place)) visit(RecordView(run, place));
  }
}

enum class BlockSearch : std::uint8_t {
  kFound,
  kMissing,
  kLonger,  // it may be there, but the run ends before it does
};
struct BlockSearchResult {
  BlockSearch status = BlockSearch::kMissing;
  RecordView record;  // if found
  Place end = 0;      // if longer: where it would end
};
// Looks for the record of `key` that begins in the block at `block`, in a page with this sequence.
// A log never begins two records of one key in one block. If two verify, one of them is a forgery
// in the value of the other or of a neighbour, and neither is believed.
BlockSearchResult find_in_block(const PageRun& run, Place block, std::uint64_t sequence,
                                std::string_view key);

}  // namespace isocache::tier
