// Makes room: S3-FIFO over segments (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023), with size bands, an adaptive share for the small queue, and compaction.
//
// Eviction, compaction and the reclaiming of flushed items are one loop over the records of one
// victim segment, a few at a time, so that no put ever waits for a whole segment:
//
//   small queue head:  read since written? -> main queue, else -> ghost
//   main queue head:   frequency > 0?      -> main queue again, frequency - 1, else -> ghost
//   mostly dead:       everything live moves to the tail of its own queue
//   flushed:           the same, for what was stored since is live
//
// A segment that replies send from or uploads write to is no victim: emptying it brings no memory.
// When a survivor finds no room, a victim that was to be evicted loses it; any other victim stays
// as it is, whatever is left in it. Without eviction (-M) nothing that is live is ever dropped.
//
// A new key found in the ghost enters the main queue at once. If it was evicted lately, from the
// small queue, that queue should have been longer; if from the main queue, shorter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "store/ghost.h"
#include "store/index.h"
#include "store/log.h"
#include "store/store.h"

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
  Evictor(Log& log, Index& index, StoreCounters& counters, const HashKey& hash_key,
          const EvictorOptions& options);

  // Call before appending `bytes`: does a share of the work ahead of need, so that segments are
  // there when wanted. False: there is no room and none can be made.
  bool make_room(std::size_t bytes) {
    if (log_.heap.available() > kReserve + kAhead + bytes / limits::kSegmentBytes) [[likely]] {
      return true;
    }
    return make_room_slowly(bytes);
  }

  // Which queue a new key belongs to; learns from the ghost.
  QueueKind queue_for_new(std::uint64_t hash);

  // Takes the item out of index and log.
  void drop(Slot slot, std::uint64_t hash);

  // Background steps, bounded; each returns true while there is more to do at once.
  bool reclaim_flushed();
  // After the limit was lowered: evicts, and gives memory back.
  bool shrink_to_limit();
  // Looks for expired items in the next segments.
  bool expire();

  std::size_t ghost_bytes() const { return ghost_.pages() * limits::kSegmentBytes; }
  struct Evicted {
    std::uint64_t items = 0;
    UnixSeconds age_s = 0;
  };
  const Evicted& evicted(unsigned band) const { return evicted_[band]; }
  double small_share() const { return small_share_; }
  // Counts evictor activity: when it changed, slots and items found before may have moved.
  std::uint64_t steps() const { return steps_; }

 private:
  // Segments kept back for survivors, and a little ahead of need.
  static constexpr std::size_t kReserve = 2;
  static constexpr std::size_t kAhead = 1;
  // What a limit that is lowered leaves to puts on its way down.
  static constexpr std::size_t kSpare = kReserve + kAhead + 1;

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
  // Processes the victim's next records, about `bytes` of them, and ends it when there are no more,
  // or gives it up when a survivor finds no room. Returns how many bytes further it got.
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
  Slot slot_of(Location item, std::uint64_t hash) const;
  bool is_gone(Location item) const;
  void count_reclaimed(const ItemHeader& item);
  std::uint64_t hash_of(Location item) const;
  void fit_ghost();
  void adapt(const Ghost::Entry& entry);
  void expire_segment(SegmentId id);
  bool look_for_flushed();

  Log& log_;
  Index& index_;
  StoreCounters& counters_;
  HashKey hash_key_;
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
  SegmentId expire_cursor_ = 1;
  SegmentId flushed_cursor_ = 0;
  Evicted evicted_[kBands];
};

}  // namespace isocache
