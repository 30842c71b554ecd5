// A look into a store, for those who show how it works or test it. Nothing that serves requests
// uses it. Apart from evict_segment(), it changes nothing, not even what a read would change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/key.h"
#include "store/item.h"
#include "store/store.h"

namespace isocache {

// Where the memory is. used() never exceeds the limit, unless that was lowered lately.
struct MemoryParts {
  std::size_t limit = 0;
  std::size_t live = 0;  // live records, among them those of unfinished uploads
  std::size_t dead = 0;
  std::size_t free = 0;  // in segments of items, behind what was appended
  std::size_t index = 0;
  std::size_t ghost = 0;
  std::size_t other = 0;  // segments that are lent or leaving; bookkeeping of all segments

  std::size_t used() const { return live + dead + free + index + ghost + other; }
};

// What a segment in use holds.
enum class SegmentContent : std::uint8_t {
  kSmall,  // items, of the small queue
  kMain,   // items, of the main queue
  kIndex,
  kGhost,
  kLent,
  kLeaving,  // nothing but what a reply still sends
};

struct SegmentFacts {
  SegmentId id = 0;
  SegmentContent content = SegmentContent::kSmall;
  // The place in its queue, from 0 on. Eviction takes the first one that is neither open nor held.
  std::size_t order = 0;
  unsigned band = 0;
  bool open = false;
  std::size_t items = 0;  // live ones, among them those of unfinished uploads
  std::size_t live_bytes = 0;
  std::size_t dead_bytes = 0;
  std::size_t free_bytes = 0;
};

// An item, and where it is. Valid as long as an ItemView.
struct PlacedItem : ItemFacts {
  PlacedItem() = default;
  explicit PlacedItem(ItemHeader* header) : ItemFacts(header) {}

  SegmentId segment = 0;
  std::size_t offset = 0;    // bytes, in the segment
  std::size_t bytes = 0;     // of its records: item and pieces
  Standing standing;         // without the last access
  bool reclaimable = false;  // it expired or was flushed, and still takes memory
};

struct GhostFacts {
  std::size_t entries = 0;
  std::size_t capacity = 0;
};

// What one eviction did.
struct EvictionReport {
  enum class Reason : std::uint8_t { kAge, kDeadBytes, kFlushed };
  enum class Fate : std::uint8_t {
    kDropped,
    kReclaimed,  // it had expired, or was flushed
    kToSmall,    // it is in the small queue now
    kToMain,
  };
  struct Outcome {
    std::string key;
    Fate fate = Fate::kDropped;
  };

  SegmentId segment = 0;  // 0: there was nothing to evict
  SegmentContent content = SegmentContent::kSmall;
  Reason reason = Reason::kAge;
  std::size_t freed_bytes = 0;    // that can be written again, less what the survivors take
  std::vector<Outcome> outcomes;  // of the items in it, or with a piece in it
};

class StoreInspection {
 public:
  // REQUIRES: the store outlives it.
  explicit StoreInspection(const Store& store) : store_(store) {}

  MemoryParts memory() const;
  // Describes segments that are in use: queue by queue, each in its order, then the others. Skips
  // the first `from`, fills as much of `to` as there is, and returns how many.
  std::size_t segments(std::size_t from, std::span<SegmentFacts> to) const;
  // The same for items: segment by segment in that order, in each as they lie. There are
  // Store::item_count() of them.
  std::size_t items(std::size_t from, std::span<PlacedItem> to) const;
  // False: there is none with this key.
  bool item(const Key& key, PlacedItem* to) const;
  // Its value. REQUIRES: `item` is valid.
  ItemView view(const PlacedItem& item) const;
  GhostFacts ghost() const;
  // Whether an item with this hash would go straight to the main queue, because it was evicted
  // lately.
  bool ghost_knows(std::uint64_t hash) const;
  // Parts of segments that hold nothing: free segments, and what was not appended to.
  // visit(std::span<const std::byte>), in any order.
  template <typename Visit>
  void for_each_unused_part(Visit&& visit) const {
    for (SegmentId id = next_unused(0); id != 0; id = next_unused(id)) visit(unused_part(id));
  }

  // One step of eviction, whether room is needed or not: chooses a segment as if it were, or takes
  // the one that is being emptied, and empties it.
  static EvictionReport evict_segment(Store& store);

 private:
  SegmentId next_unused(SegmentId id) const;
  std::span<const std::byte> unused_part(SegmentId id) const;
  PlacedItem place(Location location) const;

  const Store& store_;
};

}  // namespace isocache
