// What becomes of one record of a victim: it moves on, or it is dropped.
#include <algorithm>

#include "base/check.h"
#include "store/evictor.h"
#include "store/item.h"
#include "store/prefix_part.h"

namespace isocache {
namespace {

// Survivors copied in one call. An item found later is evicted though it was read. This bounds the
// stall.
constexpr std::size_t kMaxSecondChances = 8 * limits::kSegmentBytes;
// Pieces copied in one call because their item was kept, or is newer. A piece found later is
// evicted with its item.
constexpr std::size_t kMaxFollowed = 32 * limits::kSegmentBytes;

}  // namespace

bool Evictor::is_gone(Location item) const {
  const UnixSeconds exptime = log_.item(item)->exptime;
  return (exptime != 0 && exptime <= log_.now_s) || (log_.hides_items() && is_flushed(item));
}

bool Evictor::is_flushed(Location item) const {
  return log_.flushed(Heap::segment_of(item)) ||
         (prefixes_can_be_flushed() && prefixes_.hides(item));
}

void Evictor::count_gone(std::uint64_t BandEvents::*event, unsigned band, const ItemHeader& item) {
  counters_.count(event, band);
  if ((item.bits & kFetched) == 0) counters_.count(&BandEvents::expired_unfetched, band);
}

bool Evictor::process_item(const Record& record) {
  // An earlier record of the batch may have decided for it: a piece of its value.
  if ((log_.item(record.location)->bits & kDead) != 0) return true;
  const Slot slot = index_.slot_of(record.location, record.hash);
  if (is_gone(record.location)) {
    count_gone(&BandEvents::reclaimed, log_.heap.segment(victim_).band,
               *log_.item(record.location));
    drop(slot, record.hash);
    return true;
  }
  Stream to = Log::stream_of(log_.heap.segment(victim_));
  if (mode_ == VictimMode::kEvict && !decide_to_keep(slot, record.hash, to)) return true;
  return keep_item(slot, record.hash, to);
}

// Whether an item is worth keeping. If so, sets the queue and the frequency that it goes on with;
// if not, evicts it.
bool Evictor::decide_to_keep(Slot slot, std::uint64_t hash, Stream& to) {
  const unsigned frequency = slot.bucket->frequency(slot.index);
  if (frequency == 0 || second_chances_ >= kMaxSecondChances) {
    evict_item(slot, hash);
    return false;
  }
  if (to.queue == QueueKind::kSmall) {
    to.queue = QueueKind::kMain;
    slot.bucket->set_frequency(slot.index, 0);
    counters_.count(&BandEvents::promoted, to.band);
  } else {
    slot.bucket->set_frequency(slot.index, frequency - 1);
    counters_.count(&BandEvents::kept, to.band);
  }
  second_chances_ += log_.record_bytes(slot.location());
  return true;
}

bool Evictor::keep_item(Slot slot, std::uint64_t hash, Stream to) {
  const Location moved = log_.move_item(slot.location(), to);
  if (moved != 0) {
    slot.bucket->set_location(slot.index, moved);
    return true;
  }
  if (mode_ != VictimMode::kEvict) return false;
  evict_item(slot, hash);  // not even the reserve has room
  return true;
}

void Evictor::evict_item(Slot slot, std::uint64_t hash) {
  check(options_.evict);
  const Location item = slot.location();
  const ItemHeader& header = *log_.item(item);
  const Segment& segment = log_.heap.segment(Heap::segment_of(item));
  const bool is_lost = options_.observer == nullptr ||
                       !options_.observer->evicting(ItemView(log_, index_, item), hash);
  if (is_lost) {
    const auto count = [&](std::uint64_t BandEvents::*event) {
      counters_.count(event, segment.band);
    };
    count(&BandEvents::evictions);
    if ((header.bits & kFetched) == 0) count(&BandEvents::evicted_unfetched);
    if (slot.bucket->frequency(slot.index) != 0) count(&BandEvents::evicted_active);
    if (header.exptime != 0) count(&BandEvents::evicted_nonzero);
    evicted_age_s_[segment.band] = log_.now_s - std::min(log_.now_s, header.last_access);
  }
  ghost_.insert(hash, segment.use == SegmentUse::kMain);
  drop(slot, hash);
}

// A piece goes where its item goes. What becomes of an item is decided when its own record is
// processed, or here if compaction has moved that record ahead.
bool Evictor::process_piece(Location piece) {
  // An earlier record of the batch may have been its item, or a piece that decided for it.
  if (log_.piece(piece)->kind != RecordKind::kPiece) return true;
  const Segment& victim = log_.heap.segment(victim_);
  Stream to = Log::stream_of(victim);
  const Location item = log_.piece(piece)->owner;
  const std::uint64_t hash = index_.hash_of(item);
  const Slot slot = index_.slot_of(item, hash);
  if (is_gone(item)) {
    count_gone(&BandEvents::reclaimed, victim.band, *log_.item(item));
    drop(slot, hash);
    return true;
  }
  if (mode_ == VictimMode::kEvict) {
    const Segment& home = log_.heap.segment(Heap::segment_of(item));
    const bool moved_on = home.opened_at > victim.opened_at || home.use != victim.use;
    if (moved_on || home.open) {
      followed_ += log_.record_bytes(piece);
      if (followed_ > kMaxFollowed) {  // perhaps nothing but such pieces is left to process
        evict_item(slot, hash);
        return true;
      }
    } else if (!decide_to_keep(slot, hash, to)) {
      return true;
    }
    to.queue = home.use == SegmentUse::kMain ? QueueKind::kMain : to.queue;
  }
  if (log_.move_piece(piece, to) != 0) return true;
  if (mode_ != VictimMode::kEvict) return false;
  evict_item(slot, hash);
  return true;
}

void Evictor::drop(Slot slot, std::uint64_t hash) {
  const Location item = slot.location();
  index_.erase(slot, hash);
  log_.kill_item(item);
}

}  // namespace isocache
