// Making room: how much work is due, and the loop over one victim's records.
#include "store/evictor.h"

#include <algorithm>
#include <utility>

namespace isocache {
namespace {

// Work is done ahead of need: so many bytes of victims are processed for each byte that is written,
// and so many more for each segment that is lacking.
constexpr std::size_t kWorkPerByte = 3;
constexpr std::size_t kWorkPerByteAndSegment = 2;

}  // namespace

Evictor::Evictor(Log& log, Index& index, const FlushedPrefixes& prefixes, StoreCounters& counters,
                 const EvictorOptions& options)
    : log_(log),
      index_(index),
      prefixes_(prefixes),
      counters_(counters),
      options_(options),
      ghost_(log.heap) {}

void Evictor::begin_call() {
  ++steps_;
  second_chances_ = 0;
  followed_ = 0;
  ghost_fitted_ = false;
  gave_up_ = false;
}

bool Evictor::make_room_slowly(std::size_t bytes) {
  begin_call();
  const std::size_t segments = bytes / limits::kSegmentBytes;
  const std::size_t needed = kReserve + 1 + segments;
  if (needed + kReserve > log_.heap.limit_segments()) return false;
  const std::size_t wanted = kReserve + kAhead + segments;
  const std::size_t lacking = wanted - std::min(log_.heap.available(), wanted);
  owed_bytes_ += (kWorkPerByte + kWorkPerByteAndSegment * lacking) * bytes;
  while (owed_bytes_ >= kBatchBytes || log_.heap.available() < needed) {
    if (victim_ == 0 && !choose_victim()) {
      owed_bytes_ = 0;
      break;
    }
    owed_bytes_ -= std::min(owed_bytes_, process(kBatchBytes));
    if (log_.heap.available() > needed + kAhead) {
      owed_bytes_ = 0;
      break;
    }
  }
  return log_.heap.available() >= needed;
}

Evictor::Room Evictor::make_room_to_lend() {
  constexpr std::size_t kNeeded = kReserve + 2;
  if (kNeeded + kReserve > log_.heap.limit_segments()) return Room::kNone;
  if (log_.heap.available() >= kNeeded) return Room::kMade;
  // What bounds one call bounds all calls for one segment, or there may never be one.
  if (std::exchange(lending_, false)) {
    ++steps_;
  } else {
    begin_call();
  }
  for (std::size_t n = 0; n < kBatchesToLend && log_.heap.available() < kNeeded; ++n) {
    if (victim_ == 0 && !choose_victim()) return Room::kNone;
    process(kBatchBytes);
  }
  lending_ = log_.heap.available() < kNeeded;
  return lending_ ? Room::kNotYet : Room::kMade;
}

// --- one victim ---------------------------------------------------------------------------

void Evictor::begin(SegmentId victim, VictimMode mode) {
  victim_ = victim;
  mode_ = mode;
  offset_ = 0;
  log_.evicting = victim;
  if (mode == VictimMode::kCompact) ++counters_.compacted_segments;
}

void Evictor::finish_victim() {
  log_.evicting = 0;
  log_.retire(victim_);
  victim_ = 0;
}

// It stays in its queue. Records that were dropped or moved so far stay dropped or moved.
void Evictor::give_up_victim() {
  gave_up_ = true;
  log_.evicting = 0;
  log_.settle(victim_);
  victim_ = 0;
}

std::size_t Evictor::process(std::size_t bytes) {
  Record records[kBatchRecords];
  const std::size_t begin = offset_;
  const std::size_t count = gather(records, bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const bool done = log_.is_item(records[i].location) ? process_item(records[i])
                                                        : process_piece(records[i].location);
    if (!done) {
      give_up_victim();
      return bytes;
    }
  }
  const std::size_t processed = offset_ - begin;
  if (offset_ == log_.heap.segment(victim_).used) finish_victim();
  return processed;
}

// Collects the next live records, and prefetches the lines that their processing will touch.
std::size_t Evictor::gather(Record* records, std::size_t bytes) {
  const std::size_t used = log_.heap.segment(victim_).used;
  const std::size_t end = offset_ + bytes;
  std::size_t count = 0;
  while (offset_ < used && count < kBatchRecords && offset_ < end) {
    const Location location = Heap::locate(victim_, offset_);
    offset_ += log_.record_bytes(location);
    std::uint64_t hash = 0;
    if (log_.is_item(location)) {
      if ((log_.item(location)->bits & kDead) != 0) continue;
      hash = index_.hash_of(location);
      index_.prefetch(hash);
      ghost_.prefetch(hash);
    } else if (log_.piece(location)->kind != RecordKind::kPiece) {
      continue;
    }
    records[count++] = {location, hash};
  }
  return count;
}

}  // namespace isocache
