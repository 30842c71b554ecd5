// Makes room: S3-FIFO over segments (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023), with size bands, an adaptive share for the small queue, and compaction.
//
// Eviction, compaction and the reclaiming of flushed items are one loop over the records of one
// victim segment. It processes a few records at a time, so that no put ever waits for a whole
// segment:
//
//   small queue head:  read since written? -> main queue, else -> ghost
//   main queue head:   frequency > 0?      -> main queue again, frequency - 1, else -> ghost
//   mostly dead:       everything live moves to the tail of its own queue
//   flushed:           flushed items are dropped; what was stored since moves as above
//
// A segment that replies send from or uploads write to is never a victim: emptying it would bring
// no memory. When a survivor finds no room, eviction drops it; compaction and reclaiming give the
// victim up and leave the rest in it. Without eviction (-M) nothing that is live is ever dropped.
//
// A new key that is found in the ghost enters the main queue at once. If it was evicted lately from
// the small queue, that queue should have been longer; if from the main queue, shorter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "store/bands.h"
#include "store/figures.h"
#include "store/flushed_prefixes.h"
#include "store/ghost.h"
#include "store/index.h"
#include "store/log.h"
#include "store/options.h"

namespace isocache {

// Why a victim segment is emptied.
enum class VictimMode : std::uint8_t { kEvict, kCompact, kFlushed };

struct EvictorOptions {
  bool evict = true;
  double size_exponent = 1.0;
  EvictionObserver* observer = nullptr;
};

class Evictor {
 public:
  Evictor(Log& log, Index& index, const FlushedPrefixes& prefixes, StoreCounters& counters,
          const EvictorOptions& options);

  // Call before appending `bytes`. Does a share of the work ahead of need, so that there are
  // segments when they are needed. False: there is no room and none can be made.
  bool make_room(std::size_t bytes) {
    if (log_.heap.available() > kReserve + kAhead + bytes / limits::kSegmentBytes) [[likely]] {
      return true;
    }
    return make_room_slowly(bytes);
  }

  // A bounded step towards a segment that is to be lent, as make_room() for a whole segment would
  // take long.
  enum class Room : std::uint8_t { kMade, kNotYet, kNone };
  Room make_room_to_lend();

  void set_observer(EvictionObserver* observer) { options_.observer = observer; }

  // Which queue a new key belongs to; learns from the ghost.
  QueueKind queue_for_new(std::uint64_t hash);

  // Takes the item out of index and log.
  void drop(Slot slot, std::uint64_t hash);
  // Counts an item that expired or was flushed, and is about to be dropped.
  void count_gone(std::uint64_t BandEvents::*event, unsigned band, const ItemHeader& item);

  // Background steps, bounded; each returns true while there is more to do at once.
  bool reclaim_flushed();
  // After the limit was lowered: evicts, and gives memory back.
  bool shrink_to_limit();

  // One victim as a whole, for inspection.h. First what is emptied next, from which byte on;
  // segment 0: nothing can be. Then empty_victim() ends it. False: it was given up half-way.
  struct Victim {
    SegmentId segment = 0;
    VictimMode mode = VictimMode::kEvict;
    std::size_t offset = 0;
  };
  Victim next_victim();
  bool empty_victim();

  const Ghost& ghost() const { return ghost_; }
  // Whether queue_for_new() would find it in the ghost.
  bool ghost_knows(std::uint64_t hash) const;
  // Whether the item expired or was flushed.
  bool is_gone(Location item) const;
  bool is_flushed(Location item) const;

  std::size_t ghost_bytes() const { return ghost_.pages() * limits::kSegmentBytes; }
  // Of the item of the band that was evicted last: the time since its last access.
  UnixSeconds evicted_age_s(unsigned band) const { return evicted_age_s_[band]; }
  // Counts what the evictor does. When it has changed, slots and items found before may have moved.
  std::uint64_t steps() const { return steps_; }

 private:
  // Segments kept back for survivors, and those kept ready ahead of need.
  static constexpr std::size_t kReserve = 2;
  static constexpr std::size_t kAhead = 1;
  // What a limit on its way down leaves to puts.
  static constexpr std::size_t kSpare = kReserve + kAhead + 1;

  // Work is done in batches, so that the index lines of several items are fetched at once.
  static constexpr std::size_t kBatchRecords = 32;
  static constexpr std::size_t kBatchBytes = 4096;
  static constexpr std::size_t kBatchesToLend = 8;

  struct Record {
    Location location;
    std::uint64_t hash;  // of an item's key
  };

  bool make_room_slowly(std::size_t bytes);
  void begin_call();
  bool choose_victim();
  SegmentId oldest_closed(Stream stream);
  bool choose_flushed();
  bool choose_by_age_and_size();
  bool close_an_open_one();
  void close_dead_open_ones();
  void begin(SegmentId victim, VictimMode mode);
  // Processes the victim's next records, about `bytes` of them. Finishes the victim when there are
  // no more, or gives it up when a survivor finds no room. Returns how many bytes it has processed.
  std::size_t process(std::size_t bytes);
  std::size_t gather(Record* records, std::size_t bytes);
  // False: no room for a survivor, and it may not be dropped.
  bool process_item(const Record& record);
  bool process_piece(Location piece);
  bool decide_to_keep(Slot slot, std::uint64_t hash, Stream& to);
  void evict_item(Slot slot, std::uint64_t hash);
  bool keep_item(Slot slot, std::uint64_t hash, Stream to);
  void finish_victim();
  void give_up_victim();
  void fit_ghost();
  void adapt(const Ghost::Entry& entry);
  bool look_for_flushed();
  // Whether the ghost's memory of it counts.
  bool counts(const Ghost::Entry& entry) const;

  Log& log_;
  Index& index_;
  const FlushedPrefixes& prefixes_;
  StoreCounters& counters_;
  EvictorOptions options_;
  Ghost ghost_;
  double small_share_ = 0.1;
  std::uint64_t steps_ = 0;

  SegmentId victim_ = 0;
  VictimMode mode_ = VictimMode::kEvict;
  std::size_t offset_ = 0;          // of its next record
  std::size_t owed_bytes_ = 0;      // of work, below one batch
  std::size_t second_chances_ = 0;  // bytes kept within one call
  std::size_t followed_ = 0;        // bytes of pieces that went where their item is, likewise
  bool ghost_fitted_ = false;       // within one call
  bool gave_up_ = false;            // on a victim, within one call
  bool lending_ = false;            // there was not yet room to lend
  SegmentId flushed_cursor_ = 0;
  UnixSeconds evicted_age_s_[kBands] = {};
};

}  // namespace isocache
