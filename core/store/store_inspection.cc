// What a store shows of itself.
#include <algorithm>

#include "store/inspection.h"
#include "store/store_impl.h"

namespace isocache {
namespace {

SegmentContent content_of(const Segment& segment, bool of_ghost) {
  switch (segment.use) {
    case SegmentUse::kSmall: return SegmentContent::kSmall;
    case SegmentUse::kMain: return SegmentContent::kMain;
    case SegmentUse::kLent: return SegmentContent::kLent;
    case SegmentUse::kZombie: return SegmentContent::kLeaving;
    case SegmentUse::kTable:
    case SegmentUse::kFree: break;
  }
  return of_ghost ? SegmentContent::kGhost : SegmentContent::kIndex;
}

SegmentFacts facts_of(const Heap& heap, SegmentId id, std::size_t order, bool of_ghost) {
  const Segment& segment = heap.segment(id);
  SegmentFacts facts;
  facts.id = id;
  facts.content = content_of(segment, of_ghost);
  facts.order = order;
  if (!segment.holds_items()) return facts;
  facts.band = segment.band;
  facts.open = segment.open;
  facts.items = segment.items;
  facts.live_bytes = segment.live;
  facts.dead_bytes = segment.dead();
  facts.free_bytes = limits::kSegmentBytes - segment.used;
  return facts;
}

// visit(SegmentId, its place in its queue) for each segment of a queue; it returns false to stop.
template <typename Visit>
bool for_each_queued(const Log& log, Visit&& visit) {
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      std::size_t order = 0;
      for (SegmentId id = log.queue({band, kind}).head(); id != 0; id = log.heap.segment(id).next) {
        if (!visit(id, order++)) return false;
      }
    }
  }
  return true;
}

// visit(Location) for each visible item of a segment, as they lie; it returns false to stop.
template <typename Visit>
bool for_each_item(const Log& log, SegmentId id, Visit&& visit) {
  const std::size_t used = log.heap.segment(id).used;
  for (std::size_t offset = 0; offset < used;) {
    const Location location = Heap::locate(id, offset);
    offset += log.record_bytes(location);
    if (!log.is_item(location) || (log.item(location)->bits & (kDead | kUnlinked)) != 0) continue;
    if (!visit(location)) return false;
  }
  return true;
}

}  // namespace

MemoryParts StoreInspection::memory() const {
  const Store::Impl& impl = *store_.impl_;
  const Heap& heap = impl.log.heap;
  MemoryParts parts;
  parts.limit = impl.options.memory_limit;
  parts.live = impl.log.live_bytes;
  parts.dead = impl.log.used_bytes - impl.log.live_bytes;
  parts.index = impl.index.pages() * limits::kSegmentBytes;
  parts.ghost = impl.evictor.ghost_bytes();
  parts.other = std::max<std::size_t>(heap.limit_segments(), heap.end_id() - 1) * sizeof(Segment);
  std::size_t queued = 0;
  for_each_queued(impl.log, [&](SegmentId /*id*/, std::size_t /*order*/) {
    ++queued;
    return true;
  });
  parts.free = queued * limits::kSegmentBytes - impl.log.used_bytes;
  parts.other +=
      (heap.used_segments() - queued) * limits::kSegmentBytes - parts.index - parts.ghost;
  return parts;
}

std::size_t StoreInspection::segments(std::size_t from, std::span<SegmentFacts> to) const {
  const Store::Impl& impl = *store_.impl_;
  const Heap& heap = impl.log.heap;
  const Ghost& ghost = impl.evictor.ghost();
  std::size_t seen = 0;
  const auto add = [&](SegmentId id, std::size_t order) {
    if (seen >= from) to[seen - from] = facts_of(heap, id, order, ghost.owns(id));
    return ++seen < from + to.size();
  };
  if (to.empty() || !for_each_queued(impl.log, add)) return to.size();
  std::size_t order = 0;
  for (SegmentId id = 1; id < heap.end_id(); ++id) {
    const Segment& segment = heap.segment(id);
    if (segment.use == SegmentUse::kFree || segment.holds_items()) continue;
    if (!add(id, order++)) return to.size();
  }
  return seen - std::min(seen, from);
}

// --- items --------------------------------------------------------------------------------

PlacedItem StoreInspection::place(Location location) const {
  const Store::Impl& impl = *store_.impl_;
  const Log& log = impl.log;
  PlacedItem item(log.item(location));
  item.segment = Heap::segment_of(location);
  item.offset = Heap::offset_of(location);
  for (Location at = location; at != 0; at = log.next_of(at, location)) {
    item.bytes += log.record_bytes(at);
  }
  item.standing = store_.view_at(location).standing();
  item.reclaimable = impl.evictor.is_gone(location);
  return item;
}

std::size_t StoreInspection::items(std::size_t from, std::span<PlacedItem> to) const {
  const Log& log = store_.impl_->log;
  std::size_t seen = 0;
  const auto add = [&](Location location) {
    if (seen >= from) to[seen - from] = place(location);
    return ++seen < from + to.size();
  };
  const auto add_all = [&](SegmentId id, std::size_t /*order*/) {
    const Segment& segment = log.heap.segment(id);
    // Where no upload writes, every live item is visible: a segment before `from` is skipped.
    if (segment.uploads == 0 && seen + segment.items <= from) {
      seen += segment.items;
      return true;
    }
    return for_each_item(log, id, add);
  };
  if (to.empty() || !for_each_queued(log, add_all)) return to.size();
  return seen - std::min(seen, from);
}

bool StoreInspection::item(const Key& key, PlacedItem* to) const {
  const Slot slot = store_.impl_->find_slot(key);
  if (slot) *to = place(slot.location());
  return static_cast<bool>(slot);
}

ItemView StoreInspection::view(const PlacedItem& item) const {
  return store_.view_at(Heap::locate(item.segment, item.offset));
}

// --- eviction -----------------------------------------------------------------------------

GhostFacts StoreInspection::ghost() const {
  const Ghost& ghost = store_.impl_->evictor.ghost();
  return {ghost.entries(), ghost.capacity()};
}

bool StoreInspection::ghost_knows(std::uint64_t hash) const {
  return store_.impl_->evictor.ghost_knows(hash);
}

// First those in use, by id, then those that are free.
SegmentId StoreInspection::next_unused(SegmentId id) const {
  const Heap& heap = store_.impl_->log.heap;
  if (id != 0 && heap.segment(id).use == SegmentUse::kFree) return heap.segment(id).next;
  while (++id < heap.end_id()) {
    const Segment& segment = heap.segment(id);
    if (segment.holds_items() && segment.used < limits::kSegmentBytes) return id;
  }
  return heap.first_free();
}

std::span<const std::byte> StoreInspection::unused_part(SegmentId id) const {
  const Heap& heap = store_.impl_->log.heap;
  const std::size_t used = heap.segment(id).used;
  return {heap.data(id) + used, limits::kSegmentBytes - used};
}

}  // namespace isocache
