// Where the next record goes.
#include <algorithm>

#include "tier/appender.h"

namespace isocache::tier {
namespace {

constexpr unsigned kHashBits = 64;

}  // namespace

std::uint64_t Appender::fingerprint(std::uint64_t hash) const {
  return hash >> (kHashBits - options_.fingerprint_bits);
}

// Two records whose fingerprints are equal never begin in one block. The owner's index cannot tell
// them apart, so an entry for one of them would find the other, which may be long outdated.
Place Appender::place_behind_head(std::uint64_t fingerprint, std::size_t head_bytes) const {
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

Appender::Spot Appender::find_spot(std::uint64_t fingerprint, std::size_t key_length,
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

bool Appender::reserve_pages(const Spot& spot) {
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

Appender::Spot Appender::prepare(std::uint64_t hash, std::size_t key_length,
                                 std::uint64_t value_length) {
  Spot spot = find_spot(fingerprint(hash), key_length, value_length);
  if (spot.status == AppendStatus::kAppended && !reserve_pages(spot)) {
    // All pages of a long record stay in memory until its last one is written, which is the open
    // page. Two long records may be more than all pages.
    const bool is_long = (spot.end - spot.begin) / kPageBytes + 2 > options_.max_pages / 2;
    if (!is_long) return {.status = AppendStatus::kNoPage};
    write_open_page();
    spot = find_spot(fingerprint(hash), key_length, value_length);
    if (spot.status == AppendStatus::kAppended && !reserve_pages(spot)) {
      return {.status = AppendStatus::kNoPage};
    }
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

void Appender::remember(std::uint64_t fingerprint, Place place) {
  if (place / kBlockBytes != block_) {
    block_ = place / kBlockBytes;
    fingerprints_in_block_ = 0;
  }
  fingerprints_[fingerprints_in_block_++] = fingerprint;
}

}  // namespace isocache::tier
