// One shard's items: a hash index over a log of 64 KiB segments, with S3-FIFO eviction.
//
// Single-threaded: a host with several threads owns several stores, each behind a lock. Nothing
// here parses, prints, reads a clock or allocates outside the memory limit after construction
// (bar the few vectors whose size follows the limit).
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
#include "base/limits.h"
#include "store/item.h"

namespace isocache {

// Where segments come from: mmap natively, malloc in wasm. Addresses are never given back while the
// store lives, but what lies behind them may be.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  // Aligned to 64, with any content; null when there is none now. `bytes` is a multiple of
  // kSegmentBytes.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  // The content of these whole segments is no longer needed, because the limit was lowered. The
  // system may have the memory back; when the store uses the segments again, they have any content.
  virtual void discard(std::byte* /*memory*/, std::size_t /*bytes*/) {}
};

// Where cas ids come from. Shards share one source, so that ids are unique and grow over all keys,
// as memcached's do. The first is 2: clients and recordings use 1 for an id that nothing has.
inline constexpr std::uint64_t kFirstCas = 2;
class CasIds {
 public:
  virtual ~CasIds() = default;
  virtual std::uint64_t next() = 0;
};

class Item;

// Told of every item that is dropped for room, while it is still whole; not of expired, replaced or
// deleted ones. May read the value (Store::for_each_piece), and do nothing else with the store.
class EvictionObserver {
 public:
  virtual ~EvictionObserver() = default;
  virtual void evicting(const Item& item) = 0;
};

struct StoreOptions {
  std::size_t memory_limit = limits::kDefaultMemoryBytes;  // all of it: segments, index, ghosts
  std::size_t max_item_size = limits::kDefaultMaxItemBytes;
  HashKey hash_key = {};       // random for each process; shards share it
  CasIds* cas_ids = nullptr;   // null: the store counts by itself; outlives the store
  bool evict = true;           // false (-M): a full store answers kNoMemory
  double size_exponent = 1.0;  // victim band: age x mean size^exponent; 0 favours no size
  // Uploads that find too little memory left by others wait for it (PutStatus::kWait). False: they
  // are refused, for a host that does not know how to wait.
  bool uploads_wait = false;
  EvictionObserver* observer = nullptr;  // null: nobody listens; outlives the store
};

class Bucket;
struct Segment;

// A live item. Valid until the next call that may write to the store; null when not found.
class Item {
 public:
  Item() = default;
  explicit operator bool() const { return header_ != nullptr; }

  std::string_view key() const {
    return {reinterpret_cast<const char*>(header_ + 1), header_->key_length};
  }
  std::uint32_t client_flags() const { return header_->client_flags; }
  std::uint64_t cas() const { return header_->cas; }
  UnixSeconds exptime() const { return header_->exptime; }
  UnixSeconds last_access() const { return header_->last_access; }
  std::uint8_t bits() const { return header_->bits; }
  bool has(ItemBits bit) const { return (bits() & bit) != 0; }
  bool chained() const { return has(kChained); }
  std::size_t value_length() const {
    return chained() ? chained_value_length() : header_->value_length;
  }
  // The whole value; only when not chained().
  std::string_view contiguous_value() const {
    return {reinterpret_cast<const char*>(header_ + 1) + header_->key_length,
            header_->value_length};
  }

  // Meta data may be changed where it lies.
  void set_exptime(UnixSeconds exptime);
  void set_cas(std::uint64_t cas) { header_->cas = cas; }
  void set(ItemBits bit) { header_->bits = static_cast<std::uint8_t>(header_->bits | bit); }
  void clear(ItemBits bit) { header_->bits = static_cast<std::uint8_t>(header_->bits & ~bit); }

 private:
  friend class Store;
  friend class Evictor;
  Item(ItemHeader* header, Segment* segment, Bucket* bucket, unsigned slot)
      : header_(header), segment_(segment), bucket_(bucket), slot_(slot) {}
  std::size_t chained_value_length() const;

  ItemHeader* header_ = nullptr;
  Segment* segment_ = nullptr;  // it lies in
  Bucket* bucket_ = nullptr;    // the index entry that points at it
  unsigned slot_ = 0;
};

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

// What put() and begin_upload() write beside key and value.
struct ItemFields {
  std::uint32_t client_flags = 0;
  UnixSeconds exptime = 0;
  std::uint64_t cas = 0;  // from next_cas(), or the client's own (meta E flag)
  std::uint8_t bits = 0;  // kStale, kWinSent, kBinaryKey
};

// What eviction knows of an item, besides how old it is; see evictor.h.
struct Standing {
  bool in_main = false;    // the queue it is in: main or small
  unsigned frequency = 0;  // reads since eviction last looked at it, up to 3
};

// A reply's hold on a segment: while held, its bytes neither move nor change.
using SegmentId = std::uint32_t;

// A value being received straight into item memory. Plain data; end it with commit or abort.
struct Upload {
  std::uint64_t head = 0;   // location of the item; 0: it has not begun
  std::uint64_t piece = 0;  // the piece being filled, or the item itself
  std::size_t piece_filled = 0;
  std::size_t remaining = 0;  // value bytes yet to come
  std::size_t reserved = 0;   // of the store's allowance for uploads
  std::uint64_t ticket = 0;   // its place among those that wait to begin; 0: it does not wait
  explicit operator bool() const { return head != 0; }
};

struct StoreCounters {
  std::uint64_t total_items = 0;  // ever stored
  std::uint64_t evictions = 0;    // live items dropped for room
  std::uint64_t evicted_unfetched = 0;
  std::uint64_t evicted_active = 0;  // dropped though read since they were last written or copied
  std::uint64_t expired_unfetched = 0;
  std::uint64_t reclaimed = 0;          // expired or flushed bytes found when room was needed
  std::uint64_t crawler_reclaimed = 0;  // found by the background step
  std::uint64_t crawler_items_checked = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t too_large = 0;
  std::uint64_t promoted = 0;  // copied from the small queue to the main queue
  std::uint64_t kept = 0;      // copied on inside the main queue
  std::uint64_t ghost_hits = 0;
  std::uint64_t compacted_segments = 0;
  std::uint64_t in_place_updates = 0;
};

// One size band, which `stats items` and `stats slabs` show as a class.
struct BandStats {
  std::uint64_t items = 0;
  std::uint64_t item_bytes = 0;  // header, key, value, padding
  std::uint64_t segments = 0;
  UnixSeconds oldest_s = 0;  // when the segment was opened that is next to go; 0: none
  std::uint64_t evicted = 0;
  UnixSeconds evicted_age_s = 0;  // age of the last one evicted, since its last access
};
inline constexpr unsigned kBands =
    8;  // band b holds items up to 64 << 2b bytes; the last, chained ones

struct MemoryUse {
  std::size_t limit = 0;
  std::size_t segment_bytes = 0;  // from the memory source, less what was given back
  std::size_t index_bytes = 0;
  std::size_t ghost_bytes = 0;
  std::size_t item_bytes = 0;  // live records
  std::size_t dead_bytes = 0;
  std::size_t pinned_segments = 0;  // replies send from them
  std::size_t upload_bytes = 0;     // that unfinished uploads may become
  std::size_t uploads_waiting = 0;  // to begin
};

class Store {
 public:
  // REQUIRES: options.memory_limit >= limits::kMinStoreBytes; `memory` outlives the store.
  Store(const StoreOptions& options, MemorySource& memory);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- looking up -------------------------------------------------------------------------
  // Same for every shard of a process, so that it is computed once, before a shard is chosen.
  static std::uint64_t hash(std::string_view key, const HashKey& hash_key);
  // Two steps that hide memory latency when several keys are known ahead: first every bucket,
  // then every item the bucket's tag points at.
  void prefetch_bucket(std::uint64_t hash) const;
  void prefetch_item(std::uint64_t hash) const;
  FindResult find(const Key& key, UnixSeconds now_s);
  // Counts a read: frequency for eviction, fetched bit, last access.
  void on_hit(Item item, UnixSeconds now_s);

  // --- values -----------------------------------------------------------------------------
  struct Piece {
    std::string_view bytes;
    SegmentId segment;
  };
  // The value's pieces in order; visit(const Piece&). One piece unless chained.
  template <typename Visit>
  void for_each_piece(Item item, Visit&& visit) const {
    for (PieceCursor at = first_piece(item); at.piece.bytes.data() != nullptr; next_piece(at)) {
      visit(static_cast<const Piece&>(at.piece));
    }
  }
  void pin(SegmentId segment);
  void unpin(SegmentId segment);
  // Whether replies may hold this value as well: a quarter of the segments is theirs at most, so
  // that eviction has room; or this value, if nothing else is held. For one that has waited, an
  // eighth more: those who take their replies slowly do not keep it waiting for ever.
  bool may_pin(Item item, bool has_waited = false) const;

  // --- writing ----------------------------------------------------------------------------
  // Whether an item of that size may be stored at all (-I).
  bool fits(std::size_t key_length, std::size_t value_length) const;
  std::uint64_t next_cas();
  // Writes a whole item, replacing `old`: what find() gave for the same key just before, or null.
  // The value is the parts in order; they may lie in old's own segments if those are pinned.
  // When it fails, old stays. A caller whose command was to replace it removes it then, so that
  // nobody reads a value that its writer believes replaced.
  PutStatus put(const Key& key, Item old, const ItemFields& fields,
                std::span<const std::string_view> parts, UnixSeconds now_s, Item* stored = nullptr);
  // Overwrites the value's bytes where they lie (arithmetic). REQUIRES: same length as the value.
  // False, and nothing is done, when a reply still sends from the segment: put() instead.
  bool overwrite_value(Item item, std::string_view value);
  void remove(Item item);
  // The standing of an item that find() gave.
  Standing standing(Item item) const;
  void set_frequency(Item item, unsigned frequency);
  // As put(), for an item that some store has held before: it gets the standing that it had there,
  // and is the youngest of its queue. So put items back oldest first.
  PutStatus put_back(const Key& key, const ItemFields& fields, const Standing& standing,
                     std::string_view value, UnixSeconds now_s);

  // A value that arrives in pieces: begin, fill upload_window() and tell upload_received() until
  // `remaining` is 0, then commit or abort. The item is invisible until commit. Memory is taken as
  // the value arrives, a piece at a time: an idle upload holds at most one segment it has not
  // filled.
  //
  // All unfinished uploads together may become a quarter of the store (more, where one item of the
  // largest size needs it). An upload reserves its share when it begins, so that what has begun
  // can be finished; one that finds too little left waits (kWait) in line until others end: call
  // begin_upload() again with the same Upload, or abort_upload() to leave the line.
  //
  // A standing is for an item that is put back, see put_back(); its frequency is set after commit.
  PutStatus begin_upload(const Key& key, std::size_t value_length, UnixSeconds now_s,
                         Upload* upload, const Standing* standing = nullptr);
  // Where the next bytes belong; may be shorter than `remaining`. Empty while bytes remain: no
  // memory now. If upload_may_wait(), there may be some later, else abort. The window stays where
  // it is until upload_received(), so a host with several threads may fill it outside the store's
  // lock.
  std::span<char> upload_window(Upload& upload);
  // Others (replies, uploads) hold memory that will come back.
  bool upload_may_wait(const Upload& upload) const;
  void upload_received(Upload& upload, std::size_t bytes);
  // The finished upload's value as pieces (for append and prepend); visit(const Piece&).
  template <typename Visit>
  void for_each_uploaded_piece(const Upload& upload, Visit&& visit) const {
    for (PieceCursor at = first_uploaded_piece(upload); at.piece.bytes.data() != nullptr;
         next_piece(at)) {
      visit(static_cast<const Piece&>(at.piece));
    }
  }
  // Makes it visible in place of `old`, as put() does. Ends the upload. Null: no memory.
  Item commit_upload(Upload& upload, const Key& key, Item old, const ItemFields& fields,
                     UnixSeconds now_s);
  void abort_upload(Upload& upload);

  // --- all items --------------------------------------------------------------------------
  // Hides every item stored so far; O(open segments). Memory comes back by tick() and eviction.
  void flush();
  // A bounded step of background work: expired and flushed items, index growth, compaction.
  // Returns true if there is more to do at once.
  bool tick(UnixSeconds now_s);
  // Visits up to `max_items` live items from `cursor` (0 to begin) on; returns the next cursor, 0
  // at the end. Looks at no more than about `max_looks` records, live or not, and segments: it may
  // come back without having visited any. Items stored meanwhile may be missed, items moved
  // meanwhile be seen twice. `order` is segments_by_age(), the same for a whole scan; null: as they
  // lie in memory.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t max_items, std::size_t max_looks,
                     UnixSeconds now_s, Visit&& visit, const SegmentId* order = nullptr) {
    Scan at = resume_scan(cursor, order);
    at.looks_left = max_looks;
    Item item;
    for (std::size_t n = 0; n < max_items; ++n) {
      const Next next = next_live(at, now_s, item);
      if (next == Next::kEnd) return 0;
      if (next == Next::kLater) break;
      visit(static_cast<const Item&>(item));
    }
    return cursor_of(at);
  }
  static constexpr std::size_t kAnyLooks = ~std::size_t{0};
  // Those that hold items: each queue in the order in which eviction takes them, and the queues
  // merged by when their segments were opened. A 0 is behind the last one.
  std::unique_ptr<SegmentId[]> segments_by_age() const;

  // Shrinks or grows the limit; false when below what the index and a few segments need.
  // Shrinking evicts in the steps of tick(), and gives memory back to the source.
  bool set_memory_limit(std::size_t bytes);
  void set_max_item_size(std::size_t bytes);

  // --- figures ----------------------------------------------------------------------------
  // Items in memory, among them expired and flushed ones that were not reclaimed yet.
  std::uint64_t item_count() const;
  // Of those, the flushed ones. O(segments) until they are reclaimed.
  std::uint64_t flushed_item_count() const;
  const StoreCounters& counters() const;
  MemoryUse memory_use() const;
  BandStats band_stats(unsigned band) const;  // O(1)
  static unsigned band_of(std::size_t key_length, std::size_t value_length);
  struct IndexStats {
    std::uint64_t buckets = 0;
    bool growing = false;
  };
  IndexStats index_stats() const;
  // Walks everything; names what is inconsistent, null if nothing is. For tests and the fuzzer.
  const char* broken_invariant() const;
  // Aborts if anything is.
  void check_invariants() const;

 private:
  struct PieceCursor {
    Piece piece;
    std::uint64_t next = 0;
  };
  PieceCursor first_piece(Item item) const;
  void next_piece(PieceCursor& at) const;
  PieceCursor first_uploaded_piece(const Upload& upload) const;
  struct Scan {
    const SegmentId* order = nullptr;
    SegmentId segment = 0;  // or its place in the order, from 1 on
    std::size_t offset = 0;
    std::uint64_t record = 0;  // its number in the segment: offsets do not outlive a call
    std::size_t looks_left = 0;
  };
  enum class Next : std::uint8_t { kFound, kEnd, kLater };
  Scan resume_scan(std::uint64_t cursor, const SegmentId* order) const;
  SegmentId segment_at(const Scan& at) const;
  Next next_live(Scan& at, UnixSeconds now_s, Item& item) const;
  static std::uint64_t cursor_of(const Scan& at);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
