// What a shard's tier tells about itself.
#include "command/tiering/tiering.h"

namespace isocache {
namespace {

// Of the region's live records. The log counts records, not bytes, so this is an estimate.
std::uint64_t live_bytes(const tier::Region& region) {
  if (region.records == 0) return 0;
  return std::uint64_t{region.pages} * tier::kPageBytes * region.live / region.records;
}

}  // namespace

TierFigures Tiering::figures() const {
  TierFigures figures = figures_;
  figures.counters.refused = reads_.refused() - refused_at_reset_;
  const tier::PageLogFigures log = log_->figures();
  figures.records_written = log.appended_records + log.cleaner.kept_records;
  figures.bytes_written = log.written_bytes;
  figures.failed_reads = reads_.failed();
  figures.failed_writes = log.failed_writes;
  figures.records_kept = log.cleaner.kept_records;
  figures.bytes_kept = log.cleaner.kept_bytes;
  figures.records_dropped = log.cleaner.dropped_records;
  figures.bytes_dropped = log.cleaner.dropped_bytes;
  figures.bad_pages = log.cleaner.bad_pages;
  figures.regions_opened = log.opened_regions;
  figures.regions_cleaned = log.cleaner.cleaned_regions;
  figures.regions_hurried = log.cleaner.hurried_regions;
  add_regions(figures);
  figures.records = index_->size();
  figures.limit_bytes = options_.part.bytes;
  figures.index_room = index_->room();
  figures.index_bytes = index_->bytes();
  figures.lent_bytes = pages_.lent() * PageSource::kPageBytes;
  figures.reads_in_flight = reads_.in_flight();
  const bool stalled = reads_.stands_still() || writes_.stalled(log.ended_writes) ||
                       cleaner_.stalled(log.cleaner.ended_reads);
  figures.stalled = stalled ? 1 : 0;
  figures.off = log_->off() ? 1 : 0;
  return figures;
}

void Tiering::add_regions(TierFigures& figures) const {
  const tier::Regions& regions = log_->regions();
  figures.regions = regions.count();
  for (tier::RegionId id = 0; id < regions.count(); ++id) {
    const tier::Region& region = regions[id];
    figures.record_bytes += live_bytes(region);
    switch (region.state) {
      case tier::RegionState::kFree: ++figures.regions_free; break;
      case tier::RegionState::kFailed:
      case tier::RegionState::kRetired: ++figures.regions_failed; break;
      default: figures.region_bytes += regions.region_bytes(); break;
    }
  }
}

TierHealth Tiering::health() const {
  const tier::PageLogFigures log = log_->figures();
  return {.failed_writes = log.failed_writes,
          .damaged = damaged_before_reset_ + figures_.counters.damaged + log.cleaner.bad_pages,
          .shards_off = log_->off() ? 1U : 0U};
}

void Tiering::reset_counters() {
  damaged_before_reset_ += figures_.counters.damaged;
  figures_.counters = {};
  refused_at_reset_ = reads_.refused();
}

std::size_t Tiering::list_regions(std::size_t first, std::span<TierRegion> rows) const {
  const tier::Regions& regions = log_->regions();
  std::size_t count = 0;
  for (; count < rows.size() && first + count < regions.count(); ++count) {
    const tier::Region& region = regions[static_cast<tier::RegionId>(first + count)];
    const bool is_used = region.state != tier::RegionState::kFree;
    const std::uint64_t pages = regions.region_bytes() / tier::kPageBytes;
    rows[count] = {is_used ? (region.first_sequence - options_.first_sequence) / pages + 1 : 0,
                   live_bytes(region)};
  }
  return count;
}

}  // namespace isocache
