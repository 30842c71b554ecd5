#include "tier/page_log.h"

#include <algorithm>

#include "base/check.h"

namespace isocache::tier {
namespace {

constexpr std::size_t kMinPages = 4;
constexpr RegionId kMinRegions = 2;
constexpr unsigned kHashBits = 64;

Place round_down(Place place, std::size_t unit) { return place / unit * unit; }
Place round_up(Place place, std::size_t unit) { return round_down(place + unit - 1, unit); }

// How many pages the largest record has that always finds a place: it begins behind a page's header
// and ends in its region, and two more pages are in memory (the open one, and the one before it,
// whose last record the open one completes).
std::size_t largest_record_pages(const PageLogOptions& options) {
  return std::min(options.region_bytes / kPageBytes, options.max_pages - (kMinPages - 2));
}

}  // namespace

PageLog::PageLog(Device& device, PageSource& pages, LogOwner& owner, const PageLogOptions& options)
    : device_(device),
      options_(options),
      regions_(options.part.bytes, options.region_bytes, options.first_sequence),
      buffer_(device, pages, regions_, *this,
              {.device_offset = options.part.offset,
               .write_pages = options.write_pages,
               .max_pages = options.max_pages,
               .shard = options.shard,
               .epoch = options.epoch}),
      cleaner_(*this, device, owner),
      max_record_pages_(largest_record_pages(options)) {
  check(options.region_bytes % kPageBytes == 0 && regions_.count() >= kMinRegions);
  check(options.part.bytes % options.region_bytes == 0 && options.max_pages >= kMinPages);
  check(options.fingerprint_bits >= 1 && options.fingerprint_bits < kHashBits);
}

std::uint64_t PageLog::fingerprint(std::uint64_t hash) const {
  return hash >> (kHashBits - options_.fingerprint_bits);
}

void PageLog::forget(Location location) {
  const RegionId id = regions_.region_of(location);
  if (id != kNoRegion && regions_[id].live > 0) --regions_[id].live;
}

ReadResult PageLog::find_in_memory(Location location, std::string_view key) const {
  const RegionId id = regions_.region_of(location);
  if (id == kNoRegion || !regions_.readable(id)) return {};
  const Place place = regions_.place_of(location);
  const std::uint64_t index = place / kPageBytes;
  if (index >= regions_[id].pages) return {};
  const std::uint64_t number = regions_[id].first_number + index;
  if (!buffer_.holds(number)) return {.status = ReadStatus::kOnDevice};
  const BlockSearchResult found =
      find_in_block(buffer_.run(number), place % kPageBytes, regions_.sequence(id, place), key);
  if (found.status != BlockSearch::kFound) return {};
  return {.status = ReadStatus::kFound, .record = found.record};
}

ReadPlan PageLog::plan(Location location, LengthCode length) const {
  const RegionId id = regions_.region_of(location);
  if (id == kNoRegion || !regions_.readable(id)) return {};
  const Place block = regions_.place_of(location);
  const std::size_t wanted =
      length == kLongRecord ? kHeadReadBytes : std::size_t{length} * kBlockBytes;
  const Place begin = round_down(block, device_.alignment());
  const Place end =
      std::min<Place>(round_up(block + wanted, device_.alignment()), regions_.region_bytes());
  return {.location = location,
          .offset = options_.part.offset + regions_.offset(id) + begin,
          .bytes = static_cast<std::size_t>(end - begin),
          .first_sequence = regions_[id].first_sequence,
          .may_be_longer = length == kLongRecord};
}

ReadResult PageLog::find_in(const ReadPlan& plan, std::span<const std::byte> bytes,
                            std::string_view key) const {
  const RegionId id = regions_.region_of(plan.location);
  if (id == kNoRegion || !regions_.readable(id)) return {};
  if (regions_[id].first_sequence != plan.first_sequence || bytes.size() < plan.bytes) return {};
  const Place block = regions_.place_of(plan.location);
  const PageRun run(bytes, plan.offset - options_.part.offset - regions_.offset(id));
  const BlockSearchResult found = find_in_block(run, block, regions_.sequence(id, block), key);
  if (found.status == BlockSearch::kFound) {
    return {.status = ReadStatus::kFound, .record = found.record};
  }
  // A header can be trusted only when the whole record is there. Until then, it is held to the
  // limits of a record.
  if (found.status != BlockSearch::kLonger || !plan.may_be_longer ||
      found.end > regions_.region_bytes() ||
      found.end - block > (max_record_pages_ + 1) * kPageBytes) {
    return {};
  }
  ReadPlan more = plan;
  more.may_be_longer = false;
  more.bytes = static_cast<std::size_t>(round_up(found.end, device_.alignment()) - run.begin());
  return {.status = ReadStatus::kReadMore, .more = more};
}

void PageLog::write_open_page() {
  if (regions_.open() == kNoRegion) return;
  if (head_ % kPageBytes != 0) {
    close_page();
    head_ = next_page(head_);
  }
  buffer_.write_full_pages(/*all=*/true);
}

void PageLog::flush() {
  cleaner_.cancel();
  buffer_.drop_all();
  head_ = 0;
  for (RegionId id = 0; id < regions_.count(); ++id) {
    if (regions_[id].state == RegionState::kFailed) regions_.retire(id);
    if (regions_[id].state != RegionState::kRetired) regions_.die(id);
  }
}

void PageLog::retry() {
  regions_.retry();
  failures_in_a_row_ = 0;
  off_ = false;
}

void PageLog::fail(RegionId region) {
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

void PageLog::on_write_began(RegionId region, std::size_t pages) {
  regions_.write_began(region);
  figures_.written_bytes += pages * kPageBytes;
}

void PageLog::on_write_ended(RegionId region, bool succeeded) {
  if (succeeded) {
    failures_in_a_row_ = 0;
  } else {
    fail(region);
  }
  regions_.write_ended(region);
}

bool PageLog::step() { return cleaner_.step(); }

Location PageLog::head() const {
  const RegionId open = regions_.open();
  if (open != kNoRegion) {
    return regions_.location(open, std::min<Place>(head_, regions_.region_bytes() - 1));
  }
  const RegionId next = regions_.next();
  return next == kNoRegion ? 0 : regions_.location(next, 0);
}

PageLogFigures PageLog::figures() const {
  PageLogFigures figures = figures_;
  figures.cleaner = cleaner_.figures();
  return figures;
}

std::size_t PageLog::memory_bytes() const {
  return sizeof *this + regions_.memory_bytes() + buffer_.memory_bytes();
}

}  // namespace isocache::tier
