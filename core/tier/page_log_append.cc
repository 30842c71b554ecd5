// How records get into pages.
#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "tier/page_log.h"
#include "tier/record_writer.h"

namespace isocache::tier {

// --- where the next record goes -------------------------------------------------------------

// Two records whose fingerprints are equal never begin in one block. The owner's index cannot tell
// them apart, so an entry for one of them would find the other, which may be long outdated.
Place PageLog::place_behind_head(std::uint64_t fingerprint, std::size_t head_bytes) const {
  Place place = head_;
  if (place / kBlockBytes == block_) {
    const auto* end = fingerprints_.data() + fingerprints_in_block_;
    if (std::find(fingerprints_.data(), end, fingerprint) != end) {
      place = (block_ + 1) * kBlockBytes;
    }
  }
  place = skip_header(place);
  return next_page(place) - place < head_bytes ? skip_header(next_page(place)) : place;
}

PageLog::Spot PageLog::find_spot(std::uint64_t fingerprint, std::size_t key_length,
                                 std::uint64_t value_length) const {
  const std::uint64_t bytes = record_bytes(key_length, value_length);
  if (off_) return {.status = AppendStatus::kOff};
  if (bytes > max_record_bytes()) return {.status = AppendStatus::kTooLarge};
  if (regions_.open() != kNoRegion) {
    const Place begin = place_behind_head(fingerprint, sizeof(RecordHeader) + key_length);
    const Place end = end_of(begin, bytes);
    if (end <= regions_.region_bytes()) return {AppendStatus::kAppended, begin, end, false};
  }
  const RegionId next = regions_.next();
  if (next == kNoRegion || regions_[next].state != RegionState::kFree) {
    return {.status = AppendStatus::kNotClean};
  }
  const Place begin = sizeof(PageHeader);
  return {AppendStatus::kAppended, begin, end_of(begin, bytes), true};
}

bool PageLog::reserve_pages(const Spot& spot) {
  const std::uint64_t begun = spot.in_new_region ? 0 : regions_[regions_.open()].pages;
  const std::uint64_t last = (spot.end - 1) / kPageBytes;
  if (last < begun) return true;
  const auto pages = static_cast<std::size_t>(last + 1 - begun);
  if (buffer_.reserve(pages)) return true;
  // What waits to be written in one piece gives its memory back sooner.
  const RegionId open = regions_.open();
  buffer_.write_full_pages(/*all=*/true);
  return regions_.open() == open && buffer_.reserve(pages);
}

PageLog::Spot PageLog::prepare(std::uint64_t hash, std::size_t key_length,
                               std::uint64_t value_length) {
  Spot spot = find_spot(fingerprint(hash), key_length, value_length);
  if (spot.status == AppendStatus::kAppended && !reserve_pages(spot)) {
    spot.status = AppendStatus::kNoPage;
  }
  if (spot.status == AppendStatus::kAppended && spot.in_new_region) {
    close_region();
    regions_.open_next(buffer_.next_number());
    head_ = 0;
    fingerprints_in_block_ = 0;
    ++figures_.opened_regions;
  }
  return spot;
}

// --- pages ----------------------------------------------------------------------------------

void PageLog::move_head(Place place) {
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

void PageLog::begin_page() {
  Region& region = regions_[regions_.open()];
  const Place begin = Place{region.pages} * kPageBytes;
  buffer_.begin_page(regions_.open(), region.pages, regions_.sequence(regions_.open(), begin));
  ++region.pages;
  head_ = begin + sizeof(PageHeader);
}

void PageLog::close_page() {
  const std::uint32_t used = head_ % kPageBytes;
  buffer_.close_page(used == 0 ? kPageBytes : used);
}

void PageLog::close_region() {
  if (regions_.open() == kNoRegion) return;
  if (head_ % kPageBytes != 0) close_page();
  regions_.close_open();
  buffer_.write_full_pages(/*all=*/true);
}

// --- appending ------------------------------------------------------------------------------

AppendResult PageLog::append(std::uint64_t hash, const RecordParts& parts) {
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

AppendResult PageLog::append_again(std::uint64_t hash, const RecordView& record) {
  const Spot spot = prepare(hash, record.key().size(), record.value_length());
  if (spot.status != AppendStatus::kAppended) return {.status = spot.status};
  RecordWriter writer(*this, spot.begin, spot.end);
  writer.write_head(record.header(), record.key());
  record.for_each_value_piece([&](std::string_view piece) { writer.write(piece); });
  writer.finish();
  return finish(hash, spot);
}

AppendResult PageLog::finish(std::uint64_t hash, const Spot& spot) {
  const RegionId region = regions_.open();
  remember(fingerprint(hash), spot.begin);
  ++regions_[region].records;
  ++regions_[region].live;
  buffer_.write_full_pages(/*all=*/false);
  if (regions_.open() != region) return {.status = AppendStatus::kNotClean};  // a write failed
  return {.status = AppendStatus::kAppended,
          .location = regions_.location(region, spot.begin),
          .length = length_code(spot.begin, spot.end)};
}

void PageLog::remember(std::uint64_t fingerprint, Place place) {
  if (place / kBlockBytes != block_) {
    block_ = place / kBlockBytes;
    fingerprints_in_block_ = 0;
  }
  fingerprints_[fingerprints_in_block_++] = fingerprint;
}

}  // namespace isocache::tier
