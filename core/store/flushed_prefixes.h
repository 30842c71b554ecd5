// Which prefixes were flushed, and since when: Store::flush_prefix().
//
// An entry notes how far the log was when its prefix was flushed. An item with that prefix that
// lies before the mark is gone. This needs nothing of the item: neither a field nor its cas, which
// clients may choose (`ms E`). It is right because an item that is not yet flushed is moved by
// Evictor alone, which drops flushed ones, and is overwritten in place only by who has found it.
//
// PrefixSweep drops the flushed items in the background, and then their entries. Until then every
// lookup of an item that lies before the newest mark looks its prefix up here; afterwards a lookup
// costs what it cost before.
//
//   a table of slots, open addressing, at most half full: | hash | tier | mark |
//
// It knows prefixes by their keyed 64-bit hash alone. If two prefixes had the same one, a flush of
// one would flush the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "base/limits.h"
#include "store/log.h"

namespace isocache {

class FlushedPrefixes {
 public:
  // The table lies in segments that the store lends. So many at most.
  static constexpr std::size_t kMaxSegments = 8;

  // All 64 bits of the hash are used, also where a test weakens it.
  FlushedPrefixes(Log& log, const HashKey& hash_key)
      : log_(log), hash_key_{hash_key.low, hash_key.high} {}

  // --- the table's memory -----------------------------------------------------------------
  // How many segments the table has in a store of this size.
  static std::size_t segments_for(std::size_t limit_segments);
  std::size_t segments() const { return segments_; }
  SegmentId segment(std::size_t i) const { return ids_[i]; }
  // REQUIRES: segments() < kMaxSegments, and the table is empty.
  void add_segment(SegmentId id);
  // The segments are the store's again. REQUIRES: empty().
  void drop_segments() { segments_ = 0; }

  // --- flushing ---------------------------------------------------------------------------
  // Whether flush() has an entry for the prefix, or room for one.
  bool has_room_for(std::string_view prefix) const;
  // All items with this prefix are gone that lie before now, and records on the tier before
  // `tier_end`. REQUIRES: has_room_for(prefix); the delimiter is always the same.
  void flush(std::string_view prefix, char delimiter, std::uint64_t tier_end);
  void clear();
  bool empty() const { return count_ == 0; }

  // Whether the prefix of the item that lies there was flushed since.
  bool hides(Location item) const;
  // The same for a record on the tier.
  bool hides_on_tier(std::string_view key, std::uint64_t position) const;

  // --- forgetting -------------------------------------------------------------------------
  // The mark of the newest flush that may still hide items of the store. 0: there is none.
  std::uint64_t newest() const { return newest_; }
  // The store has no item any more that was hidden by a mark up to this one.
  void note_swept(std::uint64_t clock);
  // The tier's oldest record lies there or behind it. 0: there is no tier.
  void note_tier_begin(std::uint64_t position) { tier_begin_ = position; }
  // Removes the entries that hide nothing any more. Looks at each slot, some 50 us at most, but not
  // again until something was swept or the tier's begin has moved.
  void forget_spent();

  // Names what is inconsistent; null if nothing is. For Store::broken_invariant().
  const char* broken_invariant() const;

 private:
  struct Entry {
    std::uint64_t hash;  // 0: the slot is empty
    std::uint64_t tier_end;
    LogMark mark;
  };
  static constexpr std::size_t kEntryBytes = 128;
  static constexpr std::size_t kPerSegment = limits::kSegmentBytes / kEntryBytes;
  static_assert(sizeof(Entry) <= kEntryBytes);

  std::size_t slots() const { return segments_ * kPerSegment; }
  Entry& at(std::size_t slot) const;
  std::size_t next(std::size_t slot) const { return slot + 1 == slots() ? 0 : slot + 1; }
  std::uint64_t hash_of(std::string_view prefix) const;
  std::size_t home_of(std::uint64_t hash) const;
  std::size_t slot_of(std::uint64_t hash) const;
  const Entry* find(std::string_view key) const;
  bool is_spent(const Entry& entry) const;
  void erase(std::size_t slot);

  Log& log_;
  HashKey hash_key_;
  char delimiter_ = ':';
  std::size_t segments_ = 0;
  SegmentId ids_[kMaxSegments] = {};
  std::size_t count_ = 0;
  std::uint64_t newest_ = 0;
  std::uint64_t swept_ = 0;
  std::uint64_t tier_begin_ = 0;
  // As they were when spent entries were looked for. No newer entry is spent by them.
  std::uint64_t looked_at_swept_ = 0;
  std::uint64_t looked_at_tier_begin_ = 0;
};

}  // namespace isocache
