// Flushing, background work, scanning, figures, and the check of everything.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "store/store_impl.h"

namespace isocache {
namespace {

// Index buckets moved by one background step.
constexpr std::size_t kGrowthBuckets = 64;

}  // namespace

void Store::flush() { impl_->log.begin_generation(); }

bool Store::tick(UnixSeconds now_s) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  bool more = impl.evictor.shrink_to_limit();
  more = impl.evictor.reclaim_flushed() || more;
  more = impl.evictor.expire() || more;
  if (impl.index.growing() && impl.log.heap.available() > 0) {
    more = impl.index.grow(kGrowthBuckets) || more;
  }
  return more;
}

bool Store::set_memory_limit(std::size_t bytes) {
  const std::size_t fixed = (impl_->index.pages() + 16) * limits::kSegmentBytes + impl_->evictor.ghost_bytes();
  if (bytes < std::max(fixed, limits::kMinStoreBytes)) return false;
  impl_->options.memory_limit = bytes;
  impl_->log.heap.set_limit(bytes);
  return true;
}

// --- all items ----------------------------------------------------------------------------

// A cursor is a segment and the number of a record in it.
Store::Scan Store::resume_scan(std::uint64_t cursor) const {
  Scan at;
  at.segment = static_cast<SegmentId>(cursor >> kOffsetBits);
  if (at.segment == 0) at.segment = 1;
  const std::uint64_t wanted = cursor & ((1U << kOffsetBits) - 1);
  const Log& log = impl_->log;
  if (at.segment >= log.heap.end_id()) return at;
  const Segment& segment = log.heap.segment(at.segment);
  if (segment.use != SegmentUse::kSmall && segment.use != SegmentUse::kMain) return at;
  for (; at.record < wanted && at.offset < segment.used; ++at.record) {
    at.offset += log.record_bytes(Heap::locate(at.segment, at.offset));
  }
  return at;
}

std::uint64_t Store::cursor_of(const Scan& at) {
  return (static_cast<std::uint64_t>(at.segment) << kOffsetBits) | at.record;
}

bool Store::next_live(Scan& at, UnixSeconds now_s, Item& item) const {
  Log& log = impl_->log;
  for (; at.segment < log.heap.end_id(); ++at.segment, at.offset = 0, at.record = 0) {
    Segment& segment = log.heap.segment(at.segment);
    if (segment.use != SegmentUse::kSmall && segment.use != SegmentUse::kMain) continue;
    if (log.flushed(at.segment)) continue;
    while (at.offset < segment.used) {
      const Location location = Heap::locate(at.segment, at.offset);
      at.offset += log.record_bytes(location);
      ++at.record;
      ItemHeader* header = log.item(location);
      if (!log.is_item(location) || (header->bits & (kDead | kUnlinked)) != 0) continue;
      if (header->exptime != 0 && header->exptime <= now_s) continue;
      item = Item(header, &segment, nullptr, 0);
      return true;
    }
  }
  return false;
}

// --- figures ------------------------------------------------------------------------------

std::uint64_t Store::item_count() const { return impl_->index.size(); }
const StoreCounters& Store::counters() const { return impl_->counters; }

MemoryUse Store::memory_use() const {
  const Log& log = impl_->log;
  return {impl_->options.memory_limit,
          log.heap.bytes_from_source(),
          impl_->index.pages() * limits::kSegmentBytes,
          impl_->evictor.ghost_bytes(),
          log.live_bytes,
          log.used_bytes - log.live_bytes};
}

BandStats Store::band_stats(unsigned band) const {
  BandStats stats;
  const Log& log = impl_->log;
  std::uint64_t oldest_at = ~std::uint64_t{0};
  for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
    for (SegmentId id = log.queue({band, kind}).head(); id != 0; id = log.heap.segment(id).next) {
      const Segment& segment = log.heap.segment(id);
      stats.items += segment.items;
      stats.item_bytes += segment.live;
      ++stats.segments;
      if (segment.opened_at < oldest_at) {
        oldest_at = segment.opened_at;
        stats.oldest_s = segment.opened_s;
      }
    }
  }
  stats.evicted = impl_->evictor.evicted(band).items;
  stats.evicted_age_s = impl_->evictor.evicted(band).age_s;
  return stats;
}

Store::IndexStats Store::index_stats() const {
  return {impl_->index.buckets(), impl_->index.growing()};
}

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "isocache: store invariant broken: %s\n", what);
  std::abort();
}

}  // namespace

void Store::check_invariants() const {
  const Log& log = impl_->log;
  std::size_t items = 0;
  std::size_t live_bytes = 0;
  std::size_t segments = 0;
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      for (SegmentId id = log.queue({band, kind}).head(); id != 0; id = log.heap.segment(id).next) {
        const Segment& segment = log.heap.segment(id);
        std::size_t live = 0;
        std::size_t live_items = 0;
        std::size_t offset = 0;
        while (offset < segment.used) {
          const Location location = Heap::locate(id, offset);
          const std::size_t bytes = log.record_bytes(location);
          require(bytes > 0, "a record has a size");
          offset += bytes;
          if (log.is_item(location)) {
            const ItemHeader* header = log.item(location);
            if ((header->bits & kDead) != 0) continue;
            live += bytes;
            ++live_items;
            std::size_t length = 0;
            for (Log::Span span = log.first_span(location);; span = log.piece_span(span.next)) {
              length += span.size;
              if (span.next == 0) break;
              require(log.piece(span.next)->kind == RecordKind::kPiece, "a chain has live pieces");
            }
            if ((header->bits & (kChained | kUnlinked)) == kChained) {
              require(length == load_chain(header).total_length, "a chain has the value's length");
            }
            if ((header->bits & kUnlinked) == 0) ++items;
          } else if (log.piece(location)->kind == RecordKind::kPiece) {
            live += bytes;
          }
        }
        require(offset == segment.used, "records fill the segment");
        require(live == segment.live, "live bytes add up");
        require(live_items == segment.items, "items of a segment add up");
        live_bytes += live;
        ++segments;
      }
    }
  }
  require(items == impl_->index.size(), "every live item is in the index");
  require(live_bytes == log.live_bytes, "all live bytes add up");
  std::size_t entries = 0;
  impl_->index.for_each([&](Slot slot) {
    ++entries;
    const ItemHeader* header = log.item(slot.location());
    require(header->key_length != 0 && (header->bits & (kDead | kUnlinked)) == 0,
            "the index points at live items");
    const Key key{{reinterpret_cast<const char*>(header + 1), header->key_length},
                  hash({reinterpret_cast<const char*>(header + 1), header->key_length},
                       impl_->options.hash_seed)};
    const Slot found = impl_->find_slot(key);
    require(found && found.location() == slot.location(), "every item is found by its key");
  });
  require(entries == impl_->index.size(), "index entries add up");
  const std::size_t tables = impl_->index.pages() + impl_->evictor.ghost_bytes() / limits::kSegmentBytes;
  require(segments + tables <= log.heap.used_segments(), "segments add up");
  require(log.heap.used_segments() <= log.heap.limit_segments() ||
              log.heap.bytes_from_source() > impl_->options.memory_limit,
          "memory stays under the limit");
}

}  // namespace isocache
