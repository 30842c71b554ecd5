#include "store/prefix_sweep.h"

namespace isocache {
namespace {

// How many records and segments one step looks at: some microseconds.
constexpr std::size_t kLooks = 256;

}  // namespace

bool PrefixSweep::step() {
  if (up_to_ == 0) {
    if (prefixes_.newest() == 0) return false;
    if (ended_s_ != 0 && log_.now_s < ended_s_ + kPause_s && log_.now_s >= ended_s_) return false;
    begin();
  }
  for (std::size_t n = 0; n < kLooks; ++n) {
    if (look_at_next()) continue;
    end();
    return false;
  }
  return true;
}

void PrefixSweep::begin() {
  up_to_ = prefixes_.newest();
  segment_ = 1;
  offset_ = 0;
}

void PrefixSweep::end() {
  prefixes_.note_swept(up_to_);
  prefixes_.forget_spent();
  up_to_ = 0;
  ended_s_ = log_.now_s;
}

// Goes on by a record, or to the next segment. A segment that is used again meanwhile was opened
// later. False: there is no segment any more.
bool PrefixSweep::look_at_next() {
  if (segment_ >= log_.heap.end_id()) return false;
  const Segment& segment = log_.heap.segment(segment_);
  if (!segment.holds_items() || segment.opened_at >= up_to_ || offset_ >= segment.used) {
    ++segment_;
    offset_ = 0;
    return true;
  }
  const Location location = Heap::locate(segment_, offset_);
  offset_ += log_.record_bytes(location);
  if (log_.is_item(location)) drop_if_hidden(location);
  return true;
}

void PrefixSweep::drop_if_hidden(Location location) {
  if ((log_.item(location)->bits & (kDead | kUnlinked)) != 0 || !prefixes_.hides(location)) return;
  const std::uint64_t hash = index_.hash_of(location);
  evictor_.drop(index_.slot_of(location, hash), hash);
}

}  // namespace isocache
