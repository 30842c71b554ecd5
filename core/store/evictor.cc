#include "store/evictor.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/hash.h"

namespace isocache {
namespace {

// Measured on OLTP, cloudPhysics and synthetic mixes with isocache_replay; see core/README.md.
constexpr double kMinSmallShare = 0.05;
constexpr double kMaxSmallShare = 0.90;
constexpr double kGhostPerItem = 1.0;   // entries in the ghost, for each item in the store
constexpr double kRecentWindow = 0.05;  // of the items: how far back a ghost hit moves the share
constexpr double kShareStep = 0.0005;   // for each such hit
// But no more than this share of the memory (one page at least): of tiny items, more can be kept
// for what a longer ghost would cost.
constexpr std::size_t kGhostShare = 256;
// Below this (2 MB) a page of ghost costs more than it brings.
constexpr std::size_t kMinSegmentsForGhost = 32;

// A segment is compacted when so many eighths of it are dead: copying the rest costs less than what
// eviction would lose. Without eviction the choice is between more copying and refusing.
constexpr unsigned kWorthwhile = 2;
constexpr unsigned kWorthwhileToKeep = 1;

// Work is done in batches, so that the index lines of several items are fetched at once.
constexpr std::size_t kBatchRecords = 32;
constexpr std::size_t kBatchBytes = 4096;
// Survivors copied in one call; what is found later is evicted though it was read. Bounds the
// stall.
constexpr std::size_t kMaxSecondChances = 8 * limits::kSegmentBytes;
// And of pieces whose item was kept, or is newer; what is found later is evicted with its item.
constexpr std::size_t kMaxFollowed = 32 * limits::kSegmentBytes;
// What one step works through after the limit was lowered: 32 items each at most, a megabyte at
// most.
constexpr std::size_t kShrinkBatches = 256;
// What one step looks at in search of expired or flushed items.
constexpr std::size_t kSegmentsLookedAt = 256;

// base^exponent, a root for each binary digit behind the point. std::pow would be a tenth of the
// wasm module (5.7 KB gzipped), for an exponent that is nearly always 1. REQUIRES: neither is
// negative.
double power(double base, double exponent) {
  double result = 1;
  for (; exponent >= 1; exponent -= 1) result *= base;
  for (double root = base; exponent > 0;) {
    root = std::sqrt(root);
    exponent *= 2;
    if (exponent >= 1) {
      result *= root;
      exponent -= 1;
    }
  }
  return result;
}

}  // namespace

Evictor::Evictor(Log& log, Index& index, StoreCounters& counters, const HashKey& hash_key,
                 const EvictorOptions& options)
    : log_(log),
      index_(index),
      counters_(counters),
      hash_key_(hash_key),
      options_(options),
      ghost_(log.heap) {}

// --- making room --------------------------------------------------------------------------

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
  // Ahead of need: three times what is written, more while few survive the selection.
  owed_bytes_ += 3 * bytes + 2 * bytes *
                                 (kReserve + kAhead + segments -
                                  std::min(log_.heap.available(), kReserve + kAhead + segments));
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

SegmentId Evictor::oldest_closed(Stream stream) {
  SegmentQueue& queue = log_.queue(stream);
  for (std::size_t tries = queue.size(); tries > 0; --tries) {
    const SegmentId id = queue.head();
    const Segment& segment = log_.heap.segment(id);
    if (!segment.open && !segment.held()) return id;
    if (queue.size() == 1) return 0;
    // Look at it again later.
    queue.remove(log_.heap, id);
    queue.push(log_.heap, id);
  }
  return 0;
}

bool Evictor::choose_flushed() {
  for (unsigned band = 0; band < kBands && log_.flushed_segments() > 0; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const SegmentId id = oldest_closed({band, kind});
      if (id == 0 || !log_.flushed(id)) continue;
      begin(id, VictimMode::kFlushed);
      return true;
    }
  }
  return false;
}

bool Evictor::choose_victim() {
  // Where one survivor found no room, another will not.
  if (!gave_up_) {
    if (choose_flushed()) return true;
    const SegmentId id = log_.dead_lists.deadest(options_.evict ? kWorthwhile : kWorthwhileToKeep);
    // What lives in it needs one segment at most.
    if (id != 0 && log_.heap.secure(1)) {
      begin(id, VictimMode::kCompact);
      return true;
    }
  }
  if (!options_.evict) {
    close_dead_open_ones();
    return false;
  }
  fit_ghost();
  while (!choose_by_age_and_size()) {
    if (!close_an_open_one()) return false;
  }
  return true;
}

// The band whose oldest segment has held its memory longest for the least use: age times mean item
// size.
bool Evictor::choose_by_age_and_size() {
  SegmentId best = 0;
  double best_score = -1;
  for (unsigned band = 0; band < kBands; ++band) {
    const std::size_t small = log_.queue({band, QueueKind::kSmall}).size();
    const std::size_t main = log_.queue({band, QueueKind::kMain}).size();
    if (small + main == 0) continue;
    const bool small_first =
        static_cast<double>(small) > small_share_ * static_cast<double>(small + main);
    SegmentId id = oldest_closed({band, small_first ? QueueKind::kSmall : QueueKind::kMain});
    if (id == 0) id = oldest_closed({band, small_first ? QueueKind::kMain : QueueKind::kSmall});
    if (id == 0) continue;
    const auto age = static_cast<double>(log_.clock - log_.heap.segment(id).opened_at + 1);
    // Of the band, not of the segment: a large item's pieces fill segments that have no item of
    // their own.
    const Log::BandTotal& total = log_.totals[band];
    const double mean_size = static_cast<double>(total.bytes) /
                             static_cast<double>(std::max<std::size_t>(total.items, 1));
    const double score = age * power(mean_size, options_.size_exponent);
    if (score > best_score) {
      best_score = score;
      best = id;
    }
  }
  if (best == 0) return false;
  begin(best, VictimMode::kEvict);
  return true;
}

// In a very small store every segment may be open: the fullest gives way. One with nothing live in
// it is free by that.
bool Evictor::close_an_open_one() {
  Stream fullest{};
  std::size_t most = 0;
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const Stream stream{band, kind};
      const SegmentId id = log_.open_segment(stream);
      if (id == 0 || log_.heap.segment(id).held()) continue;
      const std::size_t used = log_.heap.segment(id).used;
      if (used >= most) {
        most = used;
        fullest = stream;
      }
    }
  }
  if (most == 0) return false;
  log_.close(fullest);
  return true;
}

// Which frees them: in a very small store they are many of all.
void Evictor::close_dead_open_ones() {
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const SegmentId id = log_.open_segment({band, kind});
      if (id == 0 || log_.heap.segment(id).live != 0 || log_.heap.segment(id).held()) continue;
      log_.close({band, kind});
    }
  }
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

// It stays in its queue. What was dropped or moved of it so far is done.
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

// The next live records, with the lines that their processing will touch under way.
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
      hash = hash_of(location);
      index_.prefetch(hash);
      ghost_.prefetch(hash);
    } else if (log_.piece(location)->kind != RecordKind::kPiece) {
      continue;
    }
    records[count++] = {location, hash};
  }
  return count;
}

bool Evictor::is_gone(Location item) const {
  const UnixSeconds exptime = log_.item(item)->exptime;
  return (exptime != 0 && exptime <= log_.now_s) || log_.flushed(Heap::segment_of(item));
}

void Evictor::count_reclaimed(const ItemHeader& item) {
  ++counters_.reclaimed;
  if ((item.bits & kFetched) == 0) ++counters_.expired_unfetched;
}

Slot Evictor::slot_of(Location item, std::uint64_t hash) const {
  const Slot slot = index_.find(hash, [&](Location location) { return location == item; });
  check(static_cast<bool>(slot));
  return slot;
}

bool Evictor::process_item(const Record& record) {
  // An earlier record of the batch may have taken it along (a chain's piece decides for its item).
  if ((log_.item(record.location)->bits & kDead) != 0) return true;
  const Slot slot = slot_of(record.location, record.hash);
  if (is_gone(record.location)) {
    count_reclaimed(*log_.item(record.location));
    drop(slot, record.hash);
    return true;
  }
  Stream to = Log::stream_of(log_.heap.segment(victim_));
  if (mode_ == VictimMode::kEvict && !decide_to_keep(slot, record.hash, to)) return true;
  return keep_item(slot, record.hash, to);
}

// Whether an item is worth keeping; evicts it if not. Sets the frequency it goes on with.
bool Evictor::decide_to_keep(Slot slot, std::uint64_t hash, Stream& to) {
  const unsigned frequency = slot.bucket->frequency(slot.index);
  if (frequency == 0 || second_chances_ >= kMaxSecondChances) {
    evict_item(slot, hash);
    return false;
  }
  if (to.queue == QueueKind::kSmall) {
    to.queue = QueueKind::kMain;
    slot.bucket->set_frequency(slot.index, 0);
    ++counters_.promoted;
  } else {
    slot.bucket->set_frequency(slot.index, frequency - 1);
    ++counters_.kept;
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
  ItemHeader& header = *log_.item(item);
  Segment& segment = log_.heap.segment(Heap::segment_of(item));
  if (options_.observer != nullptr) {
    options_.observer->evicting(Item(&header, &segment, slot.bucket, slot.index));
  }
  ++counters_.evictions;
  if ((header.bits & kFetched) == 0) ++counters_.evicted_unfetched;
  if (slot.bucket->frequency(slot.index) != 0) ++counters_.evicted_active;
  Evicted& of_band = evicted_[segment.band];
  ++of_band.items;
  of_band.age_s = log_.now_s - std::min(log_.now_s, header.last_access);
  ghost_.insert(hash, segment.use == SegmentUse::kMain);
  drop(slot, hash);
}

// A piece goes where its item goes. The item decides when it is met itself, or, when its record has
// moved ahead by compaction, here.
bool Evictor::process_piece(Location piece) {
  // An earlier record of the batch may have been its item, or a piece that decided for it.
  if (log_.piece(piece)->kind != RecordKind::kPiece) return true;
  const Segment& victim = log_.heap.segment(victim_);
  Stream to = Log::stream_of(victim);
  const Location item = log_.piece(piece)->owner;
  const std::uint64_t hash = hash_of(item);
  const Slot slot = slot_of(item, hash);
  if (is_gone(item)) {
    count_reclaimed(*log_.item(item));
    drop(slot, hash);
    return true;
  }
  if (mode_ == VictimMode::kEvict) {
    const Segment& home = log_.heap.segment(Heap::segment_of(item));
    const bool moved_on = home.opened_at > victim.opened_at || home.use != victim.use;
    if (moved_on || home.open) {
      followed_ += log_.record_bytes(piece);
      if (followed_ > kMaxFollowed) {  // nothing but pieces of such items may be left to process
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

std::uint64_t Evictor::hash_of(Location item) const {
  const ItemHeader* header = log_.item(item);
  return hash_bytes({reinterpret_cast<const char*>(header + 1), header->key_length}, hash_key_);
}

// --- ghost and adaptation ------------------------------------------------------------------

void Evictor::fit_ghost() {
  if (ghost_fitted_ || log_.heap.limit_segments() < kMinSegmentsForGhost) return;
  ghost_fitted_ = true;  // a page for each call: the memory for it has to be won from items first
  const double wanted = kGhostPerItem * static_cast<double>(index_.size());
  const auto capacity = static_cast<double>(ghost_.capacity());
  const std::size_t most_pages = std::max<std::size_t>(1, log_.heap.limit_segments() / kGhostShare);
  if (capacity < wanted && ghost_.pages() < most_pages && log_.heap.available() > kReserve) {
    ghost_.add_page();
  } else if (ghost_.pages() > most_pages ||
             (ghost_.pages() > 1 && capacity > 2 * wanted + 2.0 * Ghost::kPageEntries)) {
    ghost_.drop_page();
  }
}

QueueKind Evictor::queue_for_new(std::uint64_t hash) {
  const Ghost::Entry entry = ghost_.take(hash);
  // A ghost has whole pages; in a small store that is more than should be remembered.
  if (!entry.found || entry.evictions_ago > kGhostPerItem * static_cast<double>(index_.size())) {
    return QueueKind::kSmall;
  }
  ++counters_.ghost_hits;
  adapt(entry);
  return QueueKind::kMain;
}

void Evictor::adapt(const Ghost::Entry& entry) {
  if (entry.evictions_ago > kRecentWindow * static_cast<double>(index_.size())) return;
  small_share_ = std::clamp(small_share_ + (entry.from_main ? -kShareStep : kShareStep),
                            kMinSmallShare, kMaxSmallShare);
}

// --- background ---------------------------------------------------------------------------

bool Evictor::reclaim_flushed() {
  if (log_.flushed_segments() == 0) return false;
  begin_call();
  if (victim_ == 0 && !choose_flushed()) return look_for_flushed();
  process(limits::kSegmentBytes);
  return !gave_up_ && log_.flushed_segments() > 0;
}

// Those that were held lie behind others in their queues by now.
bool Evictor::look_for_flushed() {
  for (std::size_t n = 0; n < kSegmentsLookedAt; ++n) {
    if (++flushed_cursor_ >= log_.heap.end_id()) {
      flushed_cursor_ = 0;
      return false;
    }
    const Segment& segment = log_.heap.segment(flushed_cursor_);
    if (segment.use != SegmentUse::kSmall && segment.use != SegmentUse::kMain) continue;
    if (!log_.flushed(flushed_cursor_) || segment.open || segment.held()) continue;
    begin(flushed_cursor_, VictimMode::kFlushed);
    process(limits::kSegmentBytes);
    return !gave_up_;
  }
  return true;
}

bool Evictor::shrink_to_limit() {
  if (!log_.heap.above_limit()) return log_.heap.discard_excess();
  begin_call();
  std::size_t batches = 0;
  for (; batches < kShrinkBatches; ++batches) {
    if (log_.heap.used_segments() + kSpare <= log_.heap.limit_segments()) break;
    if (victim_ == 0 && !choose_victim()) break;
    process(kBatchBytes);
  }
  log_.heap.lower_ceiling(kSpare);
  log_.heap.discard_excess();
  return batches != 0 && log_.heap.above_limit();
}

bool Evictor::expire() {
  for (std::size_t n = 0; n < kSegmentsLookedAt; ++n) {
    if (++expire_cursor_ >= log_.heap.end_id()) {
      expire_cursor_ = 0;
      return false;
    }
    const Segment& segment = log_.heap.segment(expire_cursor_);
    if (segment.use != SegmentUse::kSmall && segment.use != SegmentUse::kMain) continue;
    if (segment.earliest_exptime == 0 || segment.earliest_exptime > log_.now_s) continue;
    if (expire_cursor_ == victim_) continue;
    expire_segment(expire_cursor_);
    return true;
  }
  return true;
}

void Evictor::expire_segment(SegmentId id) {
  ++steps_;
  UnixSeconds earliest = 0;
  const std::size_t used = log_.heap.segment(id).used;
  for (std::size_t offset = 0; offset < used;) {
    const Location location = Heap::locate(id, offset);
    offset += log_.record_bytes(location);
    if (!log_.is_item(location) || (log_.item(location)->bits & (kDead | kUnlinked)) != 0) continue;
    ++counters_.crawler_items_checked;
    const ItemHeader item = *log_.item(location);
    if (item.exptime == 0) continue;
    if (item.exptime > log_.now_s) {
      earliest = earliest == 0 ? item.exptime : std::min(earliest, item.exptime);
      continue;
    }
    ++counters_.crawler_reclaimed;
    if ((item.bits & kFetched) == 0) ++counters_.expired_unfetched;
    const std::uint64_t hash = hash_of(location);
    drop(slot_of(location, hash), hash);
    if (log_.heap.segment(id).use == SegmentUse::kFree) return;  // that was its last live item
    if (log_.heap.segment(id).use == SegmentUse::kZombie) return;
  }
  log_.heap.segment(id).earliest_exptime = earliest;
}

}  // namespace isocache
