// One step of eviction, and what became of each item.
#include <algorithm>

#include "store/inspection.h"
#include "store/store_impl.h"

namespace isocache {
namespace {

using Fate = EvictionReport::Fate;
using Reason = EvictionReport::Reason;

Reason reason_of(VictimMode mode) {
  if (mode == VictimMode::kEvict) return Reason::kAge;
  return mode == VictimMode::kCompact ? Reason::kDeadBytes : Reason::kFlushed;
}

// Bytes that can be written without emptying a segment.
std::size_t writable_bytes(const Log& log) {
  const std::size_t limit = std::max(log.heap.limit_segments(), log.heap.used_segments());
  std::size_t bytes = (limit - log.heap.used_segments()) * limits::kSegmentBytes;
  for (unsigned band = 0; band < kBands; ++band) {
    bytes += log.room({band, QueueKind::kSmall}) + log.room({band, QueueKind::kMain});
  }
  return bytes;
}

// Lists the items that lie in the victim from `offset` on, or have a piece there. Each once.
void list_items(const Log& log, const Evictor& evictor, const Evictor::Victim& victim,
                std::vector<EvictionReport::Outcome>& outcomes) {
  std::vector<Location> items;
  const std::size_t used = log.heap.segment(victim.segment).used;
  for (std::size_t offset = victim.offset; offset < used;) {
    const Location location = Heap::locate(victim.segment, offset);
    offset += log.record_bytes(location);
    if (log.is_item(location)) {
      if ((log.item(location)->bits & kDead) == 0) items.push_back(location);
    } else if (log.piece(location)->kind == RecordKind::kPiece) {
      items.push_back(log.piece(location)->owner);
    }
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  for (const Location item : items) {
    outcomes.push_back({std::string(key_of(log.item(item))),
                        evictor.is_gone(item) ? Fate::kReclaimed : Fate::kDropped});
  }
}

}  // namespace

EvictionReport StoreInspection::evict_segment(Store& store) {
  Store::Impl& impl = *store.impl_;
  EvictionReport report;
  const Evictor::Victim victim = impl.evictor.next_victim();
  if (victim.segment == 0) return report;
  report.segment = victim.segment;
  const bool in_main = impl.log.heap.segment(victim.segment).use == SegmentUse::kMain;
  report.content = in_main ? SegmentContent::kMain : SegmentContent::kSmall;
  report.reason = reason_of(victim.mode);
  list_items(impl.log, impl.evictor, victim, report.outcomes);
  const std::size_t before = writable_bytes(impl.log);
  impl.evictor.empty_victim();
  const std::size_t after = writable_bytes(impl.log);
  report.freed_bytes = after - std::min(after, before);
  for (EvictionReport::Outcome& outcome : report.outcomes) {
    const Slot slot = impl.find_slot(store.key(outcome.key));
    if (!slot) continue;
    const Segment& segment = impl.log.heap.segment(Heap::segment_of(slot.location()));
    outcome.fate = segment.use == SegmentUse::kMain ? Fate::kToMain : Fate::kToSmall;
  }
  return report;
}

}  // namespace isocache
