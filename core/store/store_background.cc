// What the store does in the background, in bounded steps: flushing, expiry, index growth, a limit
// that was changed.
#include <algorithm>

#include "base/check.h"
#include "store/prefix_part.h"
#include "store/store_impl.h"

namespace isocache {
namespace {

// Index buckets moved by one background step.
constexpr std::size_t kGrowthBuckets = 64;
// A store needs this many segments for items, in addition to the tables.
constexpr std::size_t kMinItemSegments = 16;
// A segment is lent without eviction while more than so many are left.
constexpr std::size_t kSpareToLend = 8;

}  // namespace

void Store::flush() {
  impl_->log.begin_generation();
  if (!prefixes_can_be_flushed()) return;
  impl_->prefixes.clear();  // older than anything that is left
  impl_->sweep.cancel();
  give_back_prefix_table();
}

bool Store::make_room_for_prefix(std::string_view prefix) {
  FlushedPrefixes& prefixes = impl_->prefixes;
  const bool is_first = prefixes.segments() == 0;
  const std::size_t most = FlushedPrefixes::segments_for(impl_->log.heap.limit_segments());
  while (is_first && prefixes.segments() < most) {
    Lent lent = lend_segment(true);
    while (lent.not_yet) lent = lend_segment(true);
    if (lent.id == 0) break;
    prefixes.add_segment(lent.id);
  }
  return prefixes.has_room_for(prefix);
}

bool Store::flush_prefix(std::string_view prefix, char delimiter, std::uint64_t tier_end) {
  if (!make_room_for_prefix(prefix)) return false;
  impl_->prefixes.flush(prefix, delimiter, tier_end);
  return true;
}

void Store::forget_flushed_prefixes(std::uint64_t tier_begin) {
  impl_->prefixes.note_tier_begin(tier_begin);
  impl_->prefixes.forget_spent();
  give_back_prefix_table();
}

bool Store::remembers_prefixes() const { return !impl_->prefixes.empty(); }

bool Store::hides_on_tier(std::string_view key, std::uint64_t position) const {
  return impl_->prefixes.hides_on_tier(key, position);
}

void Store::give_back_prefix_table() {
  FlushedPrefixes& prefixes = impl_->prefixes;
  if (!prefixes.empty()) return;
  for (std::size_t i = 0; i < prefixes.segments(); ++i) take_back(prefixes.segment(i));
  prefixes.drop_segments();
}

bool Store::tick(UnixSeconds now_s) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  impl.log.heap.retry_source();
  bool more = impl.evictor.shrink_to_limit();
  more = impl.evictor.reclaim_flushed() || more;
  more = impl.expiry.step() || more;
  if (prefixes_can_be_flushed() && impl.log.hides_prefixes()) {
    more = impl.sweep.step() || more;
    give_back_prefix_table();
  }
  if (impl.index.growing() && impl.log.heap.available() > 0) {
    more = impl.index.grow(kGrowthBuckets) || more;
  }
  return more;
}

Store::Lent Store::lend_segment(bool evict) {
  Impl& impl = *impl_;
  const Evictor::Room room = evict ? impl.evictor.make_room_to_lend()
                             : impl.log.heap.available() > kSpareToLend ? Evictor::Room::kMade
                                                                        : Evictor::Room::kNone;
  Lent lent{.not_yet = room == Evictor::Room::kNotYet};
  if (room == Evictor::Room::kMade) lent.id = impl.log.heap.acquire(SegmentUse::kLent);
  if (lent.id == 0) return lent;
  ++impl.lent_segments;
  lent.bytes = impl.log.heap.data(lent.id);
  return lent;
}

void Store::take_back(SegmentId lent) {
  check(impl_->log.heap.segment(lent).use == SegmentUse::kLent);
  impl_->log.heap.release(lent);
  --impl_->lent_segments;
}

bool Store::set_memory_limit(std::size_t bytes) {
  const std::size_t tables = impl_->index.pages() + impl_->lent_segments;
  const std::size_t fixed =
      (tables + kMinItemSegments) * limits::kSegmentBytes + impl_->evictor.ghost_bytes();
  const std::uint64_t wide =
      bytes;  // kMaxStoreBytes needs more than 32 bits, std::size_t may not have
  if (bytes < std::max(fixed, limits::kMinStoreBytes) || wide > limits::kMaxStoreBytes ||
      !impl_->log.heap.can_have_limit(bytes)) {
    return false;
  }
  impl_->options.memory_limit = bytes;
  impl_->log.heap.set_limit(bytes);
  return true;
}

}  // namespace isocache
