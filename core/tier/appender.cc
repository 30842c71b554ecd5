#include "tier/appender.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"

namespace isocache::tier {
namespace {

constexpr std::size_t kMinPages = 4;
constexpr RegionId kMinRegions = 2;
// How much of a region is filled before the next one is cleaned. Later would hold old records a
// little longer. But what is kept goes into the same region, and cleaning must neither be hurried
// nor take much of any request: see PageLog::keep_pace().
constexpr std::size_t kCleanAfterPercent = 5;
// When the next one has to be clean, whatever it costs. To sweep the index takes time, too.
constexpr std::size_t kHurryAfterPercent = 80;
// When it is clean if nothing keeps the cleaner from its work.
constexpr std::size_t kCleanBeforePercent = 70;
constexpr std::size_t kPercent = 100;
// A record is long that has a fourth of all pages or more; but the rest of the page that it ends in
// has to be little beside it.
constexpr std::size_t kLongShare = 4;
constexpr std::size_t kLeastLongPages = 8;

}  // namespace

// It begins behind a page's header and ends in its region, and two more pages are in memory (the
// open one, and the one before it, whose last record the open one completes).
std::size_t largest_record_pages(const PageLogOptions& options) {
  return std::min(options.region_bytes / kPageBytes, options.max_pages - (kMinPages - 2));
}

Appender::Appender(Device& device, PageSource& pages, const PageLogOptions& options)
    : options_(options),
      regions_(options.part.bytes, options.region_bytes, options.first_sequence),
      buffer_(device, pages, regions_, *this,
              {.device_offset = options.part.offset,
               .write_pages = options.write_pages,
               .max_pages = options.max_pages,
               .shard = options.shard,
               .epoch = options.epoch}),
      max_record_pages_(largest_record_pages(options)) {
  check(options.region_bytes % kPageBytes == 0 && regions_.count() >= kMinRegions);
  check(options.part.bytes % options.region_bytes == 0 && options.max_pages >= kMinPages);
  check(options.fingerprint_bits >= 1 && options.fingerprint_bits <= kMaxFingerprintBits);
}

// --- records --------------------------------------------------------------------------------

class Appender::RecordWriter {
 public:
  // The record will lie from `begin` to `end`. REQUIRES: prepare() said so.
  RecordWriter(Appender& to, Place begin, Place end) : to_(to) {
    to.move_head(begin);
    const std::uint64_t number = to.buffer_.next_number() - 1;
    BufferedPage& page = to.buffer_.page(number);
    const auto offset = static_cast<std::uint32_t>(begin % kPageBytes);
    if (page.first_record == 0) page.first_record = offset;
    ++page.records;
    page.extends = static_cast<std::uint32_t>((end - 1) / kPageBytes - begin / kPageBytes);
    sequence_ = page.sequence;
    record_ = to.buffer_.memory(number) + offset;
  }

  void write_head(RecordHeader header, std::string_view key) {
    constexpr std::size_t kSkipped = sizeof header.checksum;
    checksum_ = crc32c(&sequence_, sizeof sequence_);
    to_.head_ += kSkipped;
    write({reinterpret_cast<const char*>(&header) + kSkipped, sizeof header - kSkipped});
    write(key);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (to_.head_ % kPageBytes == 0) to_.begin_page();
      const Place room = next_page(to_.head_) - to_.head_;
      const auto piece = static_cast<std::size_t>(std::min<Place>(bytes.size(), room));
      std::byte* page = to_.buffer_.memory(to_.buffer_.next_number() - 1);
      checksum_ = crc32c_copy(page + to_.head_ % kPageBytes, bytes.data(), piece, checksum_);
      to_.head_ += piece;
      bytes.remove_prefix(piece);
      if (to_.head_ % kPageBytes == 0) to_.close_page();
    }
  }

  void finish() {
    std::memcpy(record_, &checksum_, sizeof checksum_);
    const Place end = align_record(to_.head_);
    if (end == to_.head_) return;
    std::byte* page = to_.buffer_.memory(to_.buffer_.next_number() - 1);
    std::memset(page + to_.head_ % kPageBytes, 0, static_cast<std::size_t>(end - to_.head_));
    to_.head_ = end;
    if (end % kPageBytes == 0) to_.close_page();
  }

 private:
  Appender& to_;
  std::byte* record_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::uint32_t checksum_ = 0;
};

AppendResult Appender::append(std::uint64_t hash, const RecordParts& parts) {
  std::uint64_t value_length = 0;
  for (const std::string_view piece : parts.value) value_length += piece.size();
  const Spot spot = prepare(hash, parts.key.size(), value_length);
  if (spot.status != AppendStatus::kAppended) {
    ++figures_.refused;
    return {.status = spot.status};
  }
  const auto length = static_cast<std::uint32_t>(value_length);
  RecordWriter writer(*this, spot.begin, spot.end);
  writer.write_head({.value_length = length,
                     .short_value_length = short_length(length),
                     .key_length = static_cast<std::uint8_t>(parts.key.size()),
                     .bits = parts.bits,
                     .client_flags = parts.client_flags,
                     .cas = parts.cas,
                     .exptime = parts.exptime,
                     .last_access = parts.last_access},
                    parts.key);
  for (const std::string_view piece : parts.value) writer.write(piece);
  writer.finish();
  const AppendResult result = finish(hash, spot);
  if (result.status == AppendStatus::kAppended) {
    ++figures_.appended_records;
    figures_.appended_bytes += record_bytes(parts.key.size(), value_length);
  }
  return result;
}

AppendResult Appender::append_again(std::uint64_t hash, const RecordView& record) {
  const Spot spot = prepare(hash, record.key().size(), record.value_length());
  if (spot.status != AppendStatus::kAppended) return {.status = spot.status};
  RecordWriter writer(*this, spot.begin, spot.end);
  writer.write_head(record.header(), record.key());
  record.for_each_value_piece([&](std::string_view piece) { writer.write(piece); });
  writer.finish();
  return finish(hash, spot);
}

AppendResult Appender::finish(std::uint64_t hash, const Spot& spot) {
  const RegionId region = regions_.open();
  remember(fingerprint(hash), spot.begin);
  ++regions_[region].records;
  ++regions_[region].live;
  // All pages of a long record stay in memory until its last one is written, which is the open
  // page. If nothing followed for a while, the next long one would find too few.
  const std::size_t long_pages = std::max(kLeastLongPages, options_.max_pages / kLongShare);
  if (spot.end / kPageBytes - spot.begin / kPageBytes >= long_pages) {
    write_open_page();
  } else {
    buffer_.write_full_pages(/*all=*/false);
  }
  if (regions_.open() != region) return {.status = AppendStatus::kNotClean};  // a write failed
  return {.status = AppendStatus::kAppended,
          .location = regions_.location(region, spot.begin),
          .length = length_code(spot.begin, spot.end)};
}

// --- pages ----------------------------------------------------------------------------------

void Appender::move_head(Place place) {
  if (head_ != place && head_ % kPageBytes != 0) {
    if (place < next_page(head_)) {
      std::byte* page = buffer_.memory(buffer_.next_number() - 1);
      std::memset(page + head_ % kPageBytes, 0, static_cast<std::size_t>(place - head_));
      std::memcpy(page + head_ % kPageBytes, &kGap, sizeof kGap);
    } else {
      close_page();
    }
  }
  if (place / kPageBytes == regions_[regions_.open()].pages) begin_page();
  head_ = place;
}

void Appender::begin_page() {
  Region& region = regions_[regions_.open()];
  const Place begin = Place{region.pages} * kPageBytes;
  buffer_.begin_page(regions_.open(), region.pages, regions_.sequence(regions_.open(), begin));
  ++region.pages;
  head_ = begin + sizeof(PageHeader);
}

void Appender::close_page() {
  const std::uint32_t used = head_ % kPageBytes;
  buffer_.close_page(used == 0 ? kPageBytes : used);
}

void Appender::close_region() {
  if (regions_.open() == kNoRegion) return;
  if (head_ % kPageBytes != 0) close_page();
  regions_.close_open();
  buffer_.write_full_pages(/*all=*/true);
}

void Appender::write_open_page() {
  if (regions_.open() == kNoRegion) return;
  if (head_ % kPageBytes != 0) {
    close_page();
    head_ = next_page(head_);
  }
  buffer_.write_full_pages(/*all=*/true);
}

// --- what becomes of regions ----------------------------------------------------------------

void Appender::forget(Location location) {
  const RegionId id = regions_.region_of(location);
  if (id != kNoRegion && regions_[id].live > 0) --regions_[id].live;
}

void Appender::flush() {
  buffer_.drop_all();
  head_ = 0;
  for (RegionId id = 0; id < regions_.count(); ++id) {
    if (regions_[id].state == RegionState::kFailed) regions_.retire(id);
    if (regions_[id].state != RegionState::kRetired) regions_.die(id);
  }
}

void Appender::retry() {
  regions_.retry();
  failures_in_a_row_ = 0;
  off_ = false;
}

void Appender::fail(RegionId region) {
  ++figures_.failed_writes;
  const RegionState state = regions_[region].state;
  if (state == RegionState::kFailed || state == RegionState::kRetired) return;
  if (state != RegionState::kDead) {
    regions_.fail(region);
    buffer_.drop(region);
  }
  ++failures_in_a_row_;
  off_ = off_ || failures_in_a_row_ >= options_.max_failures || regions_.usable() < kMinRegions;
}

void Appender::on_write_began(RegionId region, std::size_t pages) {
  regions_.write_began(region);
  figures_.written_bytes += pages * kPageBytes;
}

void Appender::on_write_ended(RegionId region, bool succeeded) {
  ++figures_.ended_writes;
  if (succeeded) {
    failures_in_a_row_ = 0;
  } else {
    fail(region);
  }
  regions_.write_ended(region);
}

bool Appender::needs_region_soon() const {
  return regions_.open() == kNoRegion ||
         head_ > regions_.region_bytes() / kPercent * kCleanAfterPercent;
}

Place Appender::to_be_cleaned() const {
  if (regions_.open() == kNoRegion || regions_.failed() != kNoRegion) {
    return regions_.region_bytes();
  }
  if (!needs_region_soon()) return 0;
  const Place begin = regions_.region_bytes() / kPercent * kCleanAfterPercent;
  return (head_ - begin) * kPercent / (kCleanBeforePercent - kCleanAfterPercent);
}

bool Appender::needs_region_now() const {
  return regions_.open() == kNoRegion ||
         head_ > regions_.region_bytes() / kPercent * kHurryAfterPercent;
}

Location Appender::head() const {
  const RegionId open = regions_.open();
  if (open != kNoRegion) {
    return regions_.location(open, std::min<Place>(head_, regions_.region_bytes() - 1));
  }
  const RegionId next = regions_.next();
  return next == kNoRegion ? 0 : regions_.location(next, 0);
}

// --- positions ------------------------------------------------------------------------------

// No two pages have the same sequence, and a page that is begun later has a higher one.
std::uint64_t Appender::position_in(std::uint64_t sequence, Place place) const {
  return (sequence - options_.first_sequence + 1) * kPageBytes + place % kPageBytes;
}

std::uint64_t Appender::position(Location location, Place place) const {
  const RegionId id = regions_.region_of(location);
  return position_in(regions_.sequence(id, regions_.place_of(location)), place);
}

std::uint64_t Appender::end_position() const {
  const RegionId open = regions_.open();
  if (open == kNoRegion) return position_in(regions_.next_sequence(), 0);
  return position_in(regions_.sequence(open, head_), head_);
}

std::uint64_t Appender::begin_position() const {
  std::uint64_t begin = end_position();
  for (RegionId id = 0; id < regions_.count(); ++id) {
    if (regions_.readable(id)) begin = std::min(begin, position_in(regions_[id].first_sequence, 0));
  }
  return begin;
}

}  // namespace isocache::tier
