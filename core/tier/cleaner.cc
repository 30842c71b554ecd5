#include "tier/cleaner.h"

#include <algorithm>
#include <cstring>

namespace isocache::tier {
namespace {

// A step looks at this many records, or writes a long one: some microseconds.
constexpr int kRecordsPerStep = 32;

}  // namespace

Cleaner::Cleaner(Appender& log, Device& device, LogOwner& owner)
    : log_(log), device_(device), owner_(owner), read_(*this) {}

bool Cleaner::step() {
  switch (state_) {
    case State::kIdle: return begin();
    case State::kNextPage: return read_next_page();
    case State::kRead: return long_record_ ? keep_long() : walk();
    case State::kSweeping: return sweep();
    case State::kReading:
    case State::kAbandoned: break;
  }
  return false;
}

void Cleaner::cancel() {
  if (state_ == State::kRead) device_.release(read_);
  state_ = reading() ? State::kAbandoned : State::kIdle;
}

// --- regions --------------------------------------------------------------------------------

bool Cleaner::begin() {
  Regions& regions = log_.regions();
  region_ = regions.failed();
  if (region_ != kNoRegion) {
    state_ = State::kSweeping;
    return true;
  }
  if (log_.off() || !log_.needs_region_soon()) return false;
  region_ = regions.next();
  if (region_ == kNoRegion || regions[region_].state != RegionState::kFull) return false;
  if (regions[region_].writes != 0) return false;
  page_ = 0;
  kept_bytes_ = 0;
  state_ = State::kNextPage;
  return true;
}

void Cleaner::end_region() {
  ++figures_.cleaned_regions;
  state_ = State::kIdle;
  if (log_.regions()[region_].live == 0) {
    log_.regions().die(region_);
    return;
  }
  log_.regions()[region_].state = RegionState::kDead;  // and not free before it is swept
  state_ = State::kSweeping;
}

bool Cleaner::sweep() {
  Regions& regions = log_.regions();
  if (!owner_.sweep(regions.location(region_, 0), regions.location(region_ + 1, 0))) return true;
  ++figures_.sweeps;
  if (regions[region_].state == RegionState::kFailed) {
    regions.retire(region_);
  } else {
    regions.die(region_);
  }
  state_ = State::kIdle;
  return true;
}

// --- pages ----------------------------------------------------------------------------------

bool Cleaner::begin_read(Place begin, Place end) {
  read_begin_ = begin;
  const std::uint64_t offset = log_.options().part.offset + log_.regions().offset(region_) + begin;
  figures_.read_bytes += end - begin;
  state_ = State::kReading;
  const IoStatus status = device_.begin_read(offset, static_cast<std::size_t>(end - begin), read_);
  if (status != IoStatus::kPending) read_ended(status == IoStatus::kDone);
  return state_ != State::kReading;
}

void Cleaner::read_ended(bool succeeded) {
  if (state_ == State::kAbandoned) {
    if (succeeded) device_.release(read_);
    state_ = State::kIdle;
  } else if (!succeeded) {
    bad_page();
  } else {
    state_ = State::kRead;
    if (!long_record_ && !begin_page()) {
      device_.release(read_);
      bad_page();
    }
  }
}

bool Cleaner::read_next_page() {
  const Region& region = log_.regions()[region_];
  if (region.live == 0 || page_ == Place{region.pages} * kPageBytes) {
    end_region();
    return true;
  }
  long_record_ = false;
  return begin_read(page_, page_ + kPageBytes);
}

bool Cleaner::begin_page() {
  PageHeader header;
  if (read_.data().size() < kPageBytes) return false;
  std::memcpy(&header, read_.data().data(), sizeof header);
  const PageLogOptions& options = log_.options();
  const std::uint64_t sequence = log_.regions().sequence(region_, page_);
  if (!verify_page_header(header, {options.epoch, sequence, options.shard})) return false;
  page_used_ = page_ + header.used;
  place_ = header.first_record == 0 ? page_used_ : page_ + header.first_record;
  return true;
}

void Cleaner::end_page() {
  device_.release(read_);
  page_ += kPageBytes;
  state_ = State::kNextPage;
}

void Cleaner::bad_page() {
  ++figures_.bad_pages;
  page_ += kPageBytes;
  state_ = State::kNextPage;
}

// --- records --------------------------------------------------------------------------------

bool Cleaner::walk() {
  for (int n = 0; n < kRecordsPerStep; ++n) {
    if (place_ >= page_used_) {
      end_page();
      return true;
    }
    std::uint64_t word = 0;
    std::memcpy(&word, run().at(place_), sizeof word);
    if (word == kGap) {
      place_ = (place_ / kBlockBytes + 1) * kBlockBytes;
      continue;
    }
    const RecordView record(run(), place_);
    const bool long_record = plausible_record(run(), place_) && record.end() > run().end();
    if (!long_record && !(plausible_record(run(), place_) &&
                          verify_record(record, run(), log_.regions().sequence(region_, place_)))) {
      device_.release(read_);
      bad_page();
      return true;
    }
    const Done done = long_record ? visit_long(record) : visit(record);
    if (done == Done::kLater) return false;
    if (done == Done::kPageEnds) return true;
    place_ = align_record(record.end());
  }
  return true;
}

Cleaner::Done Cleaner::visit(const RecordView& record) {
  const std::uint64_t hash = owner_.hash_of(record.key());
  const Location location = log_.regions().location(region_, record.place());
  const Fate fate = owner_.fate(hash, location);
  if (fate == Fate::kDead) return Done::kYes;
  if (fate == Fate::kKeep) return keep(hash, location, record);
  drop(hash, location, record);
  return Done::kYes;
}

// The record goes on in the next page. It is read again, whole, if it should be kept.
Cleaner::Done Cleaner::visit_long(const RecordView& record) {
  const std::uint64_t hash = owner_.hash_of(record.key());
  const Location location = log_.regions().location(region_, record.place());
  const Fate fate = owner_.fate(hash, location);
  const bool fits =
      record.end() <= log_.regions().region_bytes() && record.bytes() <= log_.max_record_bytes();
  if (fate == Fate::kKeep && fits) {
    const Place end = record.end();
    device_.release(read_);
    long_record_ = true;
    const std::size_t unit = device_.alignment();
    begin_read(place_ / unit * unit, (end + unit - 1) / unit * unit);
    return Done::kPageEnds;
  }
  if (fate != Fate::kDead) drop(hash, location, record);
  end_page();
  return Done::kPageEnds;
}

bool Cleaner::keep_long() {
  const RecordView record(run(), place_);
  if (!plausible_record(run(), place_) ||
      !verify_record(record, run(), log_.regions().sequence(region_, place_))) {
    device_.release(read_);
    bad_page();
    return true;
  }
  if (visit(record) == Done::kLater) return false;
  end_page();
  return true;
}

Cleaner::Done Cleaner::keep(std::uint64_t hash, Location location, const RecordView& record) {
  const std::uint64_t most = log_.regions().region_bytes() / 100 * log_.options().max_kept_percent;
  if (kept_bytes_ + record.bytes() > most) {
    drop(hash, location, record);
    return Done::kYes;
  }
  const AppendResult result = log_.append_again(hash, record);
  if (result.status == AppendStatus::kNoPage) return Done::kLater;
  if (result.status != AppendStatus::kAppended) {
    drop(hash, location, record);
    return Done::kYes;
  }
  owner_.moved(hash, location, result.location, result.length);
  log_.forget(location);
  ++figures_.kept_records;
  figures_.kept_bytes += record.bytes();
  kept_bytes_ += record.bytes();
  return Done::kYes;
}

void Cleaner::drop(std::uint64_t hash, Location location, const RecordView& record) {
  owner_.dropped(hash, location);
  log_.forget(location);
  ++figures_.dropped_records;
  figures_.dropped_bytes += record.bytes();
}

}  // namespace isocache::tier
