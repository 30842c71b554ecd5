// One shard's items: a hash index over a log of 64 KiB segments, with S3-FIFO eviction.
//
// Single-threaded: a host with several threads owns several stores, each behind a lock. Nothing
// here parses, prints or reads a clock. After construction, nothing allocates outside the memory
// limit, except a few vectors whose size depends on the limit.
//
// How a value travels: find() looks a key up. put() appends a whole item to an open segment, or
// updates it in place, and points the index at it. begin_upload() .. commit_upload() do the same
// for a value that arrives in pieces. When no segment is free, the oldest segment of a band is
// processed: items read since they were written are copied on, the rest are dropped (evictor.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/key.h"
#include "store/bands.h"
#include "store/figures.h"
#include "store/item.h"
#include "store/memory_source.h"
#include "store/options.h"
#include "store/upload.h"

namespace isocache {

enum class Miss : std::uint8_t { kAbsent, kExpired, kFlushed };

struct FindResult {
  Item item;
  Miss miss = Miss::kAbsent;  // why, when !item
};

enum class PutStatus : std::uint8_t {
  kStored,
  kTooLarge,
  kNoMemory,
  kWait,  // begin_upload() only: others hold the memory; ask again later
};

class Store {
 public:
  // REQUIRES: options.memory_limit >= limits::kMinStoreBytes; `memory` outlives the store.
  Store(const StoreOptions& options, MemorySource& memory);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- looking up -------------------------------------------------------------------------
  // The hash is the same for every shard of a process, so a host computes it once, before it
  // chooses a shard.
  static std::uint64_t hash(std::string_view key, const HashKey& hash_key);
  // A key with its hash in this store. It refers to `bytes`.
  Key key(std::string_view bytes) const;
  // Two steps that hide memory latency when several keys are known ahead: first every bucket, then
  // every item that the bucket's tag points at.
  void prefetch_bucket(std::uint64_t hash) const;
  void prefetch_item(std::uint64_t hash) const;
  FindResult find(const Key& key, UnixSeconds now_s);
  // As find(), but changes nothing: an item that has expired or was flushed stays where it is.
  FindResult peek(const Key& key, UnixSeconds now_s) const;
  // The key's item was gone when find() was called last, and a new one takes its place.
  void count_replaced();
  // Counts a read: frequency for eviction, fetched bit, last access.
  void on_hit(Item item, UnixSeconds now_s);

  // An item that lies elsewhere, in one piece: header, key, value. It can only be read.
  // REQUIRES: `header` outlives it.
  static Item outside_item(ItemHeader* header) { return {header, nullptr, nullptr, 0}; }

  // --- values -----------------------------------------------------------------------------
  ItemView view(Item item) const;
  // As ItemView::for_each_piece().
  template <typename Visit>
  void for_each_piece(Item item, Visit&& visit) const {
    view(item).for_each_piece(visit);
  }
  // A reply's hold on a segment. Each pin() needs an unpin().
  void pin(SegmentId segment);
  void unpin(SegmentId segment);
  // Whether replies may hold this value as well. They may hold a quarter of the segments at most,
  // so that eviction has room; but if nothing else is held, they may hold this value. A reply that
  // has waited may use an eighth more, so that clients who read slowly do not keep it waiting for
  // ever.
  bool may_pin(Item item, bool has_waited = false) const;

  // --- writing ----------------------------------------------------------------------------
  // Whether an item of that size may be stored at all (-I).
  bool fits(std::size_t key_length, std::size_t value_length) const;
  std::uint64_t next_cas();
  // Writes a whole item. It replaces `old`, which is what find() gave for the same key just before,
  // or null. The value is the parts in order. A part may lie in a segment of `old` if that is
  // pinned.
  // When it fails, `old` stays. A caller whose command was to replace it then removes it, so that
  // nobody reads a value that its writer believes replaced.
  PutStatus put(const Key& key, Item old, const ItemFields& fields,
                std::span<const std::string_view> parts, UnixSeconds now_s, Item* stored = nullptr);
  // Overwrites the value's bytes where they lie (arithmetic). REQUIRES: same length as the value.
  // False when a reply still sends from the segment: nothing was done; use put() instead.
  bool overwrite_value(Item item, std::string_view value);
  void remove(Item item);
  // See Standing::frequency.
  void set_frequency(Item item, unsigned frequency);
  // As put(), for an item that some store has held before. The item gets the standing that it had
  // there, and is the youngest of its queue. So put items back oldest first.
  PutStatus put_back(const Key& key, const ItemFields& fields, const Standing& standing,
                     std::span<const std::string_view> parts, UnixSeconds now_s);

  // --- a value that arrives in pieces -----------------------------------------------------
  // Begin; fill upload_window() and tell upload_received() until `remaining` is 0; then commit or
  // abort. The item is invisible until commit. The store takes memory as the value arrives, a piece
  // at a time: an idle upload holds at most one segment that it has not filled.
  //
  // All unfinished uploads together may become a quarter of the store (more, where one item of the
  // largest size needs it). An upload reserves its share when it begins, so that what has begun can
  // be finished. One that finds too little left waits in line until others end (kWait): call
  // begin_upload() again with the same Upload, or abort_upload() to leave the line.
  //
  // `standing` is for an item that is put back, see put_back(). The caller sets its frequency after
  // commit.
  PutStatus begin_upload(const Key& key, std::size_t value_length, UnixSeconds now_s,
                         Upload* upload, const Standing* standing = nullptr);
  // Where the next bytes belong; may be shorter than `remaining`. Empty while bytes remain: there
  // is no memory now. If upload_may_wait(), there may be some later; if not, abort. The window
  // stays where it is until upload_received(), so a host with several threads may fill it outside
  // the store's lock.
  std::span<char> upload_window(Upload& upload);
  // Others (replies, uploads) hold memory that will come back.
  bool upload_may_wait(const Upload& upload) const;
  void upload_received(Upload& upload, std::size_t bytes);
  // The finished upload's value as pieces (for append and prepend); visit(const Piece&).
  template <typename Visit>
  void for_each_uploaded_piece(const Upload& upload, Visit&& visit) const {
    uploaded(upload).for_each_piece(visit);
  }
  // Makes the item visible in place of `old`, as put() does. Ends the upload. Null: no memory.
  Item commit_upload(Upload& upload, const Key& key, Item old, const ItemFields& fields,
                     UnixSeconds now_s);
  void abort_upload(Upload& upload);

  // --- all items --------------------------------------------------------------------------
  // Hides every item stored so far; O(open segments). Memory comes back by tick() and eviction.
  void flush();
  // The same for the items whose keys have this prefix before the first delimiter (find_prefix()).
  // O(1) and in bounded memory: 256 to 2,048 entries, by the store's size. An entry goes when its
  // items are gone. False: there is no room for one more now, and nothing was done.
  // `tier_end`: records at lower positions on a tier are hidden as well; 0: there is no tier. Ask
  // the tier for it after make_room_for_prefix().
  // REQUIRES: the delimiter is always the same.
  bool flush_prefix(std::string_view prefix, char delimiter, std::uint64_t tier_end = 0);
  // The first half of it. It may evict, also to the tier: what has gone there is flushed, too.
  // If it says yes, flush_prefix() evicts nothing when it is called next.
  bool make_room_for_prefix(std::string_view prefix);
  // Whether a record on the tier, at that position, was hidden by a flush of its prefix.
  bool hides_on_tier(std::string_view key, std::uint64_t position) const;
  bool remembers_prefixes() const;
  // The tier has no record any more that lies before `tier_begin`: entries that only hide such
  // records may go.
  void forget_flushed_prefixes(std::uint64_t tier_begin);
  // A bounded step of background work: expired and flushed items, index growth, compaction.
  // True: there is more to do at once.
  bool tick(UnixSeconds now_s);
  // Calls visit(const ItemView&) for up to `max_items` live items, from `cursor` on (0: from the
  // beginning). Returns the next cursor, 0 at the end. Looks at about `max_looks` records and
  // segments at most, live or not, so it may return without having visited any.
  //
  // Between two calls the store may change: items stored meanwhile may be missed, items moved
  // meanwhile may be seen twice. `order` is segments_by_age(), the same one for a whole scan. Null:
  // segments are visited as they lie in memory.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t max_items, std::size_t max_looks,
                     UnixSeconds now_s, Visit&& visit, const SegmentId* order = nullptr) const {
    Scan at = resume_scan(cursor, order);
    at.looks_left = max_looks;
    for (std::size_t n = 0; n < max_items; ++n) {
      const Next next = next_live(at, now_s);
      if (next == Next::kEnd) return 0;
      if (next == Next::kLater) break;
      const ItemView item = view_at(at.found);
      visit(item);
    }
    return cursor_of(at);
  }
  static constexpr std::size_t kAnyLooks = ~std::size_t{0};
  // The segments that hold items, with a 0 behind the last one. Each queue is in the order in which
  // eviction takes its segments; the queues are merged by when their segments were opened.
  std::unique_ptr<SegmentId[]> segments_by_age() const;

  // Lends the host a whole segment, for tables and buffers of its own. It counts into the limit,
  // and its content is undefined. `evict`: items are evicted to make room, some in each call: it
  // may take several until there is a segment. False: only if there is room to spare, as when the
  // observer of an eviction asks.
  // REQUIRES: the host gives it back, or destroys the store first.
  struct Lent {
    SegmentId id = 0;
    std::byte* bytes = nullptr;  // null: there is none
    bool not_yet = false;        // but there may be one after more calls
  };
  Lent lend_segment(bool evict);
  void take_back(SegmentId lent);

  // Shrinks or grows the limit. False: it is below what the index and a few segments need. When the
  // limit shrinks, the steps of tick() evict and give memory back to the source.
  bool set_memory_limit(std::size_t bytes);
  void set_max_item_size(std::size_t bytes);
  // As StoreOptions::observer, from now on.
  void set_observer(EvictionObserver* observer);
  EvictionObserver* observer() const;

  // --- figures ----------------------------------------------------------------------------
  // Items in memory, among them expired and flushed ones that were not reclaimed yet.
  std::uint64_t item_count() const;
  // Of those, the ones that flush() hides. O(segments) until they are reclaimed.
  std::uint64_t flushed_item_count() const;
  const StoreCounters& counters() const;
  MemoryUse memory_use() const;
  BandStats band_stats(unsigned band) const;  // O(1)
  static unsigned band_of(std::size_t key_length, std::size_t value_length) {
    return band_of_item(sizeof(ItemHeader) + key_length + value_length);
  }
  IndexStats index_stats() const;
  // Walks everything. Names what is inconsistent; null if nothing is. For tests and the fuzzer.
  const char* broken_invariant() const;
  // Aborts if anything is inconsistent.
  void check_invariants() const;

 private:
  friend class StoreInspection;
  ItemView view_at(Location location) const;
  ItemView uploaded(const Upload& upload) const { return view_at(upload.head); }
  struct Scan {
    const SegmentId* order = nullptr;
    SegmentId segment = 0;  // or its place in the order, from 1 on
    std::size_t offset = 0;
    std::uint64_t record = 0;  // its number in the segment: offsets do not outlive a call
    std::size_t looks_left = 0;
    Location found = 0;
  };
  enum class Next : std::uint8_t { kFound, kEnd, kLater };
  Scan resume_scan(std::uint64_t cursor, const SegmentId* order) const;
  SegmentId segment_at(const Scan& at) const;
  Next next_live(Scan& at, UnixSeconds now_s) const;
  void give_back_prefix_table();
  static std::uint64_t cursor_of(const Scan& at);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
