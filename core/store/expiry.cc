#include "store/expiry.h"

#include <algorithm>

namespace isocache {
namespace {

// How many segments one step looks at.
constexpr std::size_t kSegmentsLookedAt = 256;

}  // namespace

bool Expiry::step() {
  for (std::size_t n = 0; n < kSegmentsLookedAt; ++n) {
    if (++cursor_ >= log_.heap.end_id()) {
      cursor_ = 0;
      return false;
    }
    const Segment& segment = log_.heap.segment(cursor_);
    if (!segment.holds_items()) continue;
    if (segment.earliest_exptime == 0 || segment.earliest_exptime > log_.now_s) continue;
    if (cursor_ == log_.evicting) continue;
    expire_segment(cursor_);
    return true;
  }
  return true;
}

void Expiry::expire_segment(SegmentId id) {
  UnixSeconds earliest = 0;
  const std::size_t used = log_.heap.segment(id).used;
  const Stream stream = Log::stream_of(log_.heap.segment(id));
  const bool at_end = maintains_ends_ && log_.queue(stream).head() == id;
  for (std::size_t offset = 0; offset < used;) {
    const Location location = Heap::locate(id, offset);
    offset += log_.record_bytes(location);
    if (!log_.is_item(location) || (log_.item(location)->bits & (kDead | kUnlinked)) != 0) continue;
    counters_.count(&BandEvents::crawler_items_checked, stream.band);
    const ItemHeader item = *log_.item(location);
    if (item.exptime == 0) continue;
    if (item.exptime > log_.now_s) {
      earliest = earliest == 0 ? item.exptime : std::min(earliest, item.exptime);
      continue;
    }
    evictor_.count_gone(at_end ? &BandEvents::reclaimed : &BandEvents::crawler_reclaimed,
                        stream.band, item);
    const std::uint64_t hash = index_.hash_of(location);
    evictor_.drop(index_.slot_of(location, hash), hash);
    if (!log_.heap.segment(id).holds_items()) return;  // that was its last live item
  }
  log_.heap.segment(id).earliest_exptime = earliest;
}

}  // namespace isocache
