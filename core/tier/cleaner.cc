#include "tier/cleaner.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace isocache::tier {
namespace {

// A step looks at this many records, or writes a long one: some microseconds.
constexpr int kRecordsPerStep = 32;
// So many pages are read at one time: a host that looks at its device once in a round of its loop
// would be late with one of them.
constexpr Place kPagesPerRead = 4;

}  // namespace

Cleaner::Cleaner(Appender& log, Device& device, LogOwner& owner)
    : log_(log), device_(device), owner_(owner), read_(*this) {}

bool Cleaner::step() {
  if (is_late()) [[unlikely]]
    return give_up();
  switch (state_) {
    case State::kIdle: return begin();
    case State::kNextPage: return read_next_pages();
    case State::kRead: return long_record_ ? keep_long() : walk();
    case State::kSweeping: return sweep();
    case State::kReading: break;
  }
  return false;
}

void Cleaner::cancel() {
  stop_reading();
  state_ = State::kIdle;
}

void Cleaner::stop_reading() {
  if (state_ == State::kRead) device_.release(read_);
  abandoned_ = reading_;
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
  one_by_one_ = false;
  state_ = State::kNextPage;
  return true;
}

bool Cleaner::is_late() const {
  return state_ != State::kIdle && state_ != State::kSweeping && log_.needs_region_now();
}

bool Cleaner::give_up() {
  stop_reading();
  ++figures_.hurried_regions;
  figures_.dropped_records += log_.regions()[region_].live;
  end_region();
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
  if (reading_) return false;  // what was abandoned
  read_begin_ = begin;
  const std::uint64_t offset = log_.options().part.offset + log_.regions().offset(region_) + begin;
  switch (device_.begin_read(offset, static_cast<std::size_t>(end - begin), read_)) {
    case IoStatus::kPending:
      reading_ = true;
      state_ = State::kReading;
      return false;
    case IoStatus::kDone: read_ended(true); return true;
    // The device may have no memory now. If it is more than that, the region is given up at last.
    case IoStatus::kReadFailed:
    case IoStatus::kFailed: one_by_one_ = true; return false;
  }
  return false;
}

void Cleaner::read_ended(bool succeeded) {
  reading_ = false;
  ++figures_.ended_reads;
  if (std::exchange(abandoned_, false)) {
    if (succeeded) device_.release(read_);
    return;
  }
  if (!succeeded) {
    state_ = State::kNextPage;
    if (one_by_one_ || long_record_) bad_page();
    one_by_one_ = true;
    return;
  }
  figures_.read_bytes += read_.data().size();
  state_ = State::kRead;
  if (!long_record_ && !begin_page()) bad_page();
}

bool Cleaner::read_next_pages() {
  const Place end = Place{log_.regions()[region_].pages} * kPageBytes;
  if (log_.regions()[region_].live == 0 || page_ == end) {
    end_region();
    return true;
  }
  long_record_ = false;
  const Place most = page_ + (one_by_one_ ? 1 : kPagesPerRead) * kPageBytes;
  return begin_read(page_, std::min(most, end));
}

bool Cleaner::begin_page() {
  PageHeader header;
  if (run().end() < page_ + kPageBytes) return false;
  std::memcpy(&header, run().at(page_), sizeof header);
  const PageLogOptions& options = log_.options();
  const std::uint64_t sequence = log_.regions().sequence(region_, page_);
  if (!verify_page_header(header, {options.epoch, sequence, options.shard})) return false;
  page_used_ = page_ + header.used;
  place_ = header.first_record == 0 ? page_used_ : page_ + header.first_record;
  return true;
}

void Cleaner::end_page() {
  page_ += kPageBytes;
  if (state_ == State::kRead && !long_record_ && page_ < run().end()) {
    if (!begin_page()) bad_page();
    return;
  }
  if (state_ == State::kRead) device_.release(read_);
  state_ = State::kNextPage;
}

void Cleaner::bad_page() {
  ++figures_.bad_pages;
  end_page();
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
  const Fate fate =
      owner_.fate(record.key(), hash, location, log_.position(location, record.place()));
  if (fate == Fate::kDead) return Done::kYes;
  if (fate == Fate::kKeep) return keep(hash, location, record);
  drop(hash, location, record);
  return Done::kYes;
}

// The record goes on in the next page. It is read again, whole, if it should be kept.
Cleaner::Done Cleaner::visit_long(const RecordView& record) {
  const std::uint64_t hash = owner_.hash_of(record.key());
  const Location location = log_.regions().location(region_, record.place());
  const Fate fate =
      owner_.fate(record.key(), hash, location, log_.position(location, record.place()));
  const bool fits =
      record.end() <= log_.regions().region_bytes() && record.bytes() <= log_.max_record_bytes();
  if (fate == Fate::kKeep && fits) {
    const Place end = record.end();
    device_.release(read_);
    state_ = State::kNextPage;
    long_record_ = true;
    const std::size_t unit = device_.alignment();
    begin_read(place_ / unit * unit, (end + unit - 1) / unit * unit);
    if (state_ == State::kNextPage) bad_page();  // the device refuses
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
