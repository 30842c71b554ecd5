#include "store/flushed_prefixes.h"

#include <algorithm>

#include "base/check.h"
#include "base/key_prefix.h"

namespace isocache {
namespace {

// The table takes this share of the store's segments, but at least one.
constexpr std::size_t kTableShare = 64;

}  // namespace

std::size_t FlushedPrefixes::segments_for(std::size_t limit_segments) {
  return std::clamp<std::size_t>(limit_segments / kTableShare, 1, kMaxSegments);
}

FlushedPrefixes::Entry& FlushedPrefixes::at(std::size_t slot) const {
  std::byte* const segment = log_.heap.data(ids_[slot / kPerSegment]);
  return *reinterpret_cast<Entry*>(segment + slot % kPerSegment * kEntryBytes);
}

void FlushedPrefixes::add_segment(SegmentId id) {
  check(segments_ < kMaxSegments && empty());
  ids_[segments_++] = id;
  for (std::size_t slot = slots() - kPerSegment; slot < slots(); ++slot) at(slot).hash = 0;
}

std::uint64_t FlushedPrefixes::hash_of(std::string_view prefix) const {
  return std::max<std::uint64_t>(hash_bytes(prefix, hash_key_), 1);
}

std::size_t FlushedPrefixes::home_of(std::uint64_t hash) const {
  return static_cast<std::size_t>(((hash >> 32U) * std::uint64_t{slots()}) >> 32U);
}

// The slot that has the hash, or the empty one where it would go.
std::size_t FlushedPrefixes::slot_of(std::uint64_t hash) const {
  std::size_t slot = home_of(hash);
  while (at(slot).hash != hash && at(slot).hash != 0) slot = next(slot);
  return slot;
}

bool FlushedPrefixes::has_room_for(std::string_view prefix) const {
  return count_ < slots() / 2 || (segments_ != 0 && at(slot_of(hash_of(prefix))).hash != 0);
}

void FlushedPrefixes::flush(std::string_view prefix, char delimiter, std::uint64_t tier_end) {
  check(has_room_for(prefix));
  delimiter_ = delimiter;
  const std::uint64_t hash = hash_of(prefix);
  Entry& entry = at(slot_of(hash));
  if (entry.hash == 0) ++count_;
  entry = {hash, tier_end, log_.mark()};
  newest_ = entry.mark.clock;
  log_.hide_prefixes(true);
}

void FlushedPrefixes::clear() {
  for (std::size_t slot = 0; slot < slots(); ++slot) at(slot).hash = 0;
  count_ = 0;
  newest_ = 0;
  log_.hide_prefixes(false);
}

const FlushedPrefixes::Entry* FlushedPrefixes::find(std::string_view key) const {
  std::string_view prefix;
  if (!find_prefix(key, delimiter_, &prefix)) return nullptr;
  const Entry& entry = at(slot_of(hash_of(prefix)));
  return entry.hash != 0 ? &entry : nullptr;
}

bool FlushedPrefixes::hides(Location item) const {
  if (log_.heap.segment(Heap::segment_of(item)).opened_at >= newest_) return false;
  const Entry* const entry = find(key_of(log_.item(item)));
  // What was there when it was swept is gone. An upload that has begun before and ended since is
  // not: its head lies before the mark.
  return entry != nullptr && entry->mark.clock > swept_ && log_.is_before(item, entry->mark);
}

bool FlushedPrefixes::hides_on_tier(std::string_view key, std::uint64_t position) const {
  if (empty()) return false;
  const Entry* const entry = find(key);
  return entry != nullptr && position < entry->tier_end;
}

void FlushedPrefixes::note_swept(std::uint64_t clock) {
  swept_ = clock;
  if (newest_ > swept_) return;
  newest_ = 0;
  log_.hide_prefixes(false);
}

bool FlushedPrefixes::is_spent(const Entry& entry) const {
  return entry.mark.clock <= swept_ && entry.tier_end <= tier_begin_;
}

void FlushedPrefixes::forget_spent() {
  if (swept_ == looked_at_swept_ && tier_begin_ == looked_at_tier_begin_) return;
  looked_at_swept_ = swept_;
  looked_at_tier_begin_ = tier_begin_;
  for (std::size_t slot = 0; slot < slots() && !empty();) {
    if (at(slot).hash != 0 && is_spent(at(slot))) {
      erase(slot);  // another entry may have come here
    } else {
      ++slot;
    }
  }
}

// Entries behind it that found the slot taken move up.
void FlushedPrefixes::erase(std::size_t slot) {
  --count_;
  std::size_t gap = slot;
  for (std::size_t i = next(gap); at(i).hash != 0; i = next(i)) {
    const std::size_t home = home_of(at(i).hash);
    const bool may_move = gap < i ? home <= gap || home > i : home <= gap && home > i;
    if (!may_move) continue;
    at(gap) = at(i);
    gap = i;
  }
  at(gap).hash = 0;
}

const char* FlushedPrefixes::broken_invariant() const {
  std::size_t count = 0;
  for (std::size_t slot = 0; slot < slots(); ++slot) {
    if (at(slot).hash == 0) continue;
    ++count;
    if (slot_of(at(slot).hash) != slot) return "every flushed prefix is found";
    if (at(slot).mark.clock > log_.clock) return "no prefix was flushed later than now";
    if (at(slot).mark.clock > std::max(newest_, swept_)) return "the newest mark is known";
  }
  if (count != count_ || count > slots() / 2) return "flushed prefixes add up";
  return nullptr;
}

}  // namespace isocache
