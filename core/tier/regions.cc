#include "tier/regions.h"

#include "base/check.h"

namespace isocache::tier {

Regions::Regions(std::uint64_t part_bytes, std::size_t region_bytes, std::uint64_t first_sequence)
    : region_bytes_(region_bytes),
      blocks_per_region_(region_bytes / kBlockBytes),
      next_sequence_(first_sequence),
      regions_(static_cast<std::size_t>(part_bytes / region_bytes)) {
  last_opened_ = count() - 1;
}

RegionId Regions::region_of(Location location) const {
  const std::uint64_t id = location / blocks_per_region_;
  return id < regions_.size() ? static_cast<RegionId>(id) : kNoRegion;
}

RegionId Regions::next() const {
  RegionId id = last_opened_;
  for (RegionId tried = 1; tried < count() || (tried == count() && open_ == kNoRegion); ++tried) {
    id = id + 1 == count() ? 0 : id + 1;
    const RegionState state = regions_[id].state;
    if (state != RegionState::kFailed && state != RegionState::kRetired) return id;
  }
  return kNoRegion;
}

void Regions::open_next(std::uint64_t first_number) {
  const RegionId id = next();
  check(open_ == kNoRegion && id != kNoRegion && regions_[id].state == RegionState::kFree);
  regions_[id] = {
      .first_sequence = next_sequence_, .first_number = first_number, .state = RegionState::kOpen};
  next_sequence_ += region_bytes_ / kPageBytes;
  open_ = id;
  last_opened_ = id;
}

void Regions::close_open() {
  if (open_ == kNoRegion) return;
  regions_[open_].state = RegionState::kFull;
  open_ = kNoRegion;
}

void Regions::die(RegionId id) {
  Region& region = regions_[id];
  if (id == open_) open_ = kNoRegion;
  region.live = 0;
  region.state = region.writes == 0 ? RegionState::kFree : RegionState::kDead;
}

void Regions::fail(RegionId id) {
  if (id == open_) open_ = kNoRegion;
  RegionState& state = regions_[id].state;
  if (state == RegionState::kFailed || state == RegionState::kRetired) return;
  state = RegionState::kFailed;
  ++failed_count_;
}

void Regions::retire(RegionId id) {
  if (regions_[id].state == RegionState::kFailed) --failed_count_;
  regions_[id].live = 0;
  regions_[id].state = RegionState::kRetired;
}

void Regions::retry() {
  for (RegionId id = 0; id < count(); ++id) {
    if (regions_[id].state == RegionState::kRetired) die(id);
  }
}

void Regions::write_ended(RegionId id) {
  Region& region = regions_[id];
  --region.writes;
  if (region.writes == 0 && region.state == RegionState::kDead) region.state = RegionState::kFree;
}

RegionId Regions::failed() const {
  if (failed_count_ == 0) return kNoRegion;
  for (RegionId id = 0; id < count(); ++id) {
    if (regions_[id].state == RegionState::kFailed) return id;
  }
  return kNoRegion;
}

RegionId Regions::usable() const {
  RegionId usable = 0;
  for (const Region& region : regions_) {
    usable += region.state != RegionState::kFailed && region.state != RegionState::kRetired;
  }
  return usable;
}

std::uint64_t Regions::live_records() const {
  std::uint64_t live = 0;
  for (const Region& region : regions_) live += region.live;
  return live;
}

}  // namespace isocache::tier
