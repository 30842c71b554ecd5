#include "store/store.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/store_impl.h"

namespace isocache {
namespace {

// memcached's own overhead of an item (48 header, 8 cas, 1 and 2 for the ends of key and value), so
// that a value at the -I limit is taken or refused exactly where memcached does.
constexpr std::size_t kCountedItemOverhead = 59;
// How many buckets of the old index table each insert moves over.
constexpr std::size_t kGrowthBuckets = 3;
// Replies may hold this share of the segments.
constexpr std::size_t kPinnedShare = 4;
// An update in place uses at least this part of the old record.
constexpr std::size_t kInPlaceNumerator = 7;
constexpr std::size_t kInPlaceDenominator = 8;

}  // namespace

// Here because every put calls it; item.cc is compiled for size in wasm.
void Item::set_exptime(UnixSeconds exptime) {
  header_->exptime = exptime;
  segment_->note_exptime(exptime);
}

Store::Store(const StoreOptions& options, MemorySource& memory)
    : impl_(std::make_unique<Impl>(options, memory)) {}
Store::~Store() = default;

std::uint64_t Store::hash(std::string_view key, const HashKey& hash_key) {
  return hash_bytes(key, hash_key);
}

Key Store::key(std::string_view bytes) const {
  return {bytes, hash_bytes(bytes, impl_->options.hash_key)};
}

// --- looking up ---------------------------------------------------------------------------

void Store::prefetch_bucket(std::uint64_t hash) const { impl_->index.prefetch(hash); }
void Store::prefetch_item(std::uint64_t hash) const { impl_->index.prefetch_items(hash); }

ISOCACHE_INLINE_NATIVELY inline Slot Store::Impl::find_slot_inlined(const Key& key) const {
  return index.find(key.hash, [&](Location location) {
    const ItemHeader* header = log.item(location);
    return header->key_length == key.bytes.size() &&
           equal_bytes(key_of(header).data(), key.bytes.data(), key.bytes.size());
  });
}

Slot Store::Impl::find_slot(const Key& key) const { return find_slot_inlined(key); }

FindResult Store::find(const Key& key, UnixSeconds now_s) {
  // Written only when it changes: a line that is only read stays in the caches of all cores.
  if (impl_->log.now_s != now_s) impl_->log.now_s = now_s;
  const Slot slot = impl_->find_slot_inlined(key);
  if (!slot) return {{}, Miss::kAbsent};
  const Item item = impl_->item_at(slot);
  const bool expired = item.exptime() != 0 && item.exptime() <= now_s;
  const bool flushed = impl_->log.hides_items() && impl_->evictor.is_flushed(slot.location());
  if (!expired && !flushed) [[likely]] {
    return {item, Miss::kAbsent};
  }
  impl_->gone_band = item.segment_->band;
  impl_->evictor.drop(slot, key.hash);
  return {{}, flushed ? Miss::kFlushed : Miss::kExpired};
}

void Store::count_replaced() { impl_->counters.count(&BandEvents::reclaimed, impl_->gone_band); }

FindResult Store::peek(const Key& key, UnixSeconds now_s) const {
  const Slot slot = impl_->find_slot(key);
  if (!slot) return {{}, Miss::kAbsent};
  if (impl_->log.hides_items() && impl_->evictor.is_flushed(slot.location())) {
    return {{}, Miss::kFlushed};
  }
  const Item item = impl_->item_at(slot);
  const bool expired = item.exptime() != 0 && item.exptime() <= now_s;
  return expired ? FindResult{{}, Miss::kExpired} : FindResult{item, Miss::kAbsent};
}

void Store::set_observer(EvictionObserver* observer) {
  impl_->options.observer = observer;
  impl_->evictor.set_observer(observer);
}
EvictionObserver* Store::observer() const { return impl_->options.observer; }

void Store::on_hit(Item item, UnixSeconds now_s) {
  const unsigned frequency = item.bucket_->frequency(item.slot_);
  if (frequency < Bucket::kMaxFrequency) item.bucket_->set_frequency(item.slot_, frequency + 1);
  // Written only when it changes: a hot item's line stays shared between cores.
  if (item.header_->last_access != now_s) item.header_->last_access = now_s;
  if (!item.has(kFetched)) item.set(kFetched);
}

// --- values -------------------------------------------------------------------------------

ItemView Store::view_at(Location location) const { return {impl_->log, impl_->index, location}; }
ItemView Store::view(Item item) const { return view_at(impl_->location_of(item)); }

void Store::pin(SegmentId segment) { impl_->log.pin(segment); }
void Store::unpin(SegmentId segment) { impl_->log.unpin(segment); }
bool Store::may_pin(Item item, bool has_waited) const {
  const Log& log = impl_->log;
  const std::size_t share = log.heap.limit_segments() / kPinnedShare;
  const std::size_t most = has_waited ? share + share / 2 : share;
  std::size_t pinned = log.pinned_segments();
  if (pinned == 0) return true;
  SegmentId last = 0;
  for_each_piece(item, [&](const Piece& piece) {
    if (piece.segment != last && log.heap.segment(piece.segment).pins == 0) ++pinned;
    last = piece.segment;
  });
  return pinned <= most || pinned == log.pinned_segments();
}

// --- writing ------------------------------------------------------------------------------

std::uint64_t Store::next_cas() {
  CasIds* const shared = impl_->options.cas_ids;
  return shared != nullptr ? shared->next() : impl_->next_cas++;
}

bool Store::Impl::make_room(std::size_t bytes) {
  ++log.clock;
  if (!evictor.make_room(bytes)) return false;
  if (index.wants_growth()) index.begin_growth();
  if (index.growing()) index.grow(kGrowthBuckets);
  return true;
}

bool Store::fits(std::size_t key_length, std::size_t value_length) const {
  return impl_->fits(key_length, value_length);
}

bool Store::Impl::fits(std::size_t key_length, std::size_t value_length) const {
  return kCountedItemOverhead + key_length + value_length <= options.max_item_size;
}

Stream Store::Impl::stream_for(const Key& key, const Item& old, std::size_t key_length,
                               std::size_t value_length) {
  const unsigned band = band_of(key_length, value_length);
  if (old) return {band, Log::stream_of(*old.segment_).queue};
  return {band, evictor.queue_for_new(key.hash)};
}

PutStatus Store::Impl::refuse_too_large() {
  ++counters.too_large;
  return PutStatus::kTooLarge;
}

PutStatus Store::Impl::refuse_for_memory(unsigned band) {
  counters.count(&BandEvents::out_of_memory, band);
  return PutStatus::kNoMemory;
}

ISOCACHE_INLINE_NATIVELY inline PutStatus Store::Impl::put_in(
    Stream stream, const Key& key, const Item& old, const ItemFields& fields,
    std::span<const std::string_view> parts, std::size_t value_length, Item* stored) {
  const std::uint64_t steps = evictor.steps();
  const bool growing = index.growing() || index.wants_growth();
  const Location item = append_with_room(sizeof(ItemHeader) + key.bytes.size() + value_length, [&] {
    return log.append_whole_item(stream, key.bytes.size(), value_length);
  });
  if (item == 0) return refuse_for_memory(stream.band);

  Log::Span span = log.first_span(item);
  for (std::string_view part : parts) {
    while (!part.empty()) {
      if (span.size == 0) span = log.piece_span(span.next);
      const std::size_t bytes = std::min(part.size(), span.size);
      copy_bytes(span.data, part.data(), bytes);
      part.remove_prefix(bytes);
      span.data += bytes;
      span.size -= bytes;
    }
  }
  // Making room may have moved or dropped the old item.
  Slot old_slot{old.bucket_, old.slot_};
  if (old && (growing || steps != evictor.steps())) old_slot = find_slot(key);
  if (!link(key, old_slot, item, fields)) return refuse_for_memory(stream.band);
  if (stored != nullptr) *stored = item_at(find_slot(key));
  return PutStatus::kStored;
}

PutStatus Store::put(const Key& key, Item old, const ItemFields& fields,
                     std::span<const std::string_view> parts, UnixSeconds now_s, Item* stored) {
  Impl& impl = *impl_;
  impl.log.now_s = now_s;
  std::size_t value_length = 0;
  for (const std::string_view part : parts) value_length += part.size();
  if (!impl.fits(key.bytes.size(), value_length)) return impl.refuse_too_large();
  if (old && impl.try_in_place(key, old, fields, parts, value_length)) {
    if (stored != nullptr) *stored = old;
    return PutStatus::kStored;
  }
  const Stream stream = impl.stream_for(key, old, key.bytes.size(), value_length);
  return impl.put_in(stream, key, old, fields, parts, value_length, stored);
}

void Store::set_frequency(Item item, unsigned frequency) {
  item.bucket_->set_frequency(item.slot_, frequency);
}

// Never in place: there the item would be as old as the one it replaces.
PutStatus Store::put_back(const Key& key, const ItemFields& fields, const Standing& standing,
                          std::span<const std::string_view> parts, UnixSeconds now_s) {
  Impl& impl = *impl_;
  Item item = find(key, now_s).item;
  std::size_t value_length = 0;
  for (const std::string_view part : parts) value_length += part.size();
  if (!impl.fits(key.bytes.size(), value_length)) return impl.refuse_too_large();
  const Stream stream{band_of(key.bytes.size(), value_length), queue_of(standing)};
  const PutStatus status = impl.put_in(stream, key, item, fields, parts, value_length, &item);
  if (status != PutStatus::kStored) return status;
  set_frequency(item, standing.frequency);
  if (standing.last_access != 0) item.header_->last_access = standing.last_access;
  return status;
}

bool Store::Impl::link(const Key& key, Slot old, Location location, const ItemFields& fields) {
  ItemHeader* header = log.item(location);
  copy_bytes(key_at(header), key.bytes.data(), key.bytes.size());
  header->bits = static_cast<std::uint8_t>((header->bits & kChained) | fields.bits);
  header->client_flags = fields.client_flags;
  header->cas = fields.cas;
  header->last_access = log.now_s;
  if (old) {
    const Location replaced = old.location();
    old.bucket->set_location(old.index, location);
    log.kill_item(replaced);
  } else if (!insert(key.hash, location)) {
    log.kill_item(location);
    return false;
  }
  Item(header, &log.heap.segment(Heap::segment_of(location)), nullptr, 0)
      .set_exptime(fields.exptime);
  ++counters.total_items;
  return true;
}

// The item itself may have taken the last segments. A new page of the index then finds none until
// eviction makes room.
bool Store::Impl::insert(std::uint64_t hash, Location location) {
  if (index.insert(hash, location, 0)) [[likely]] {
    return true;
  }
  hold(location);
  const bool room = evictor.make_room(0);
  let_go(location);
  return room && index.insert(hash, location, 0);
}

// Updates in place where that wastes little and no reply sends from the segment: a slow reader gets
// the value it asked for, whole.
bool Store::Impl::try_in_place(const Key& key, Item old, const ItemFields& fields,
                               std::span<const std::string_view> parts, std::size_t value_length) {
  if (old.chained() || old.segment_->pins != 0) return false;
  const std::size_t fixed = sizeof(ItemHeader) + key.bytes.size();
  const std::size_t old_bytes = round_to_unit(fixed + old.header_->value_length);
  const std::size_t new_bytes = round_to_unit(fixed + value_length);
  if (new_bytes > old_bytes || new_bytes < old_bytes / kInPlaceDenominator * kInPlaceNumerator)
    return false;
  char* at = value_at(old.header_);
  for (const std::string_view part : parts) {
    std::memmove(at, part.data(), part.size());
    at += part.size();
  }
  old.header_->value_length = static_cast<std::uint16_t>(value_length);
  old.header_->bits = fields.bits;
  old.header_->client_flags = fields.client_flags;
  old.header_->cas = fields.cas;
  old.header_->last_access = log.now_s;
  old.set_exptime(fields.exptime);
  if (new_bytes < old_bytes) {
    const Location location = location_of(old);
    log.fill(location + new_bytes / kUnitBytes, old_bytes - new_bytes);
  }
  ++counters.in_place_updates;
  ++counters.total_items;
  return true;
}

bool Store::overwrite_value(Item item, std::string_view value) {
  if (item.chained() || item.segment_->pins != 0 || item.header_->value_length != value.size()) {
    return false;
  }
  std::memcpy(value_at(item.header_), value.data(), value.size());
  return true;
}

void Store::remove(Item item) {
  impl_->evictor.drop({item.bucket_, item.slot_}, hash_bytes(item.key(), impl_->options.hash_key));
}

void Store::set_max_item_size(std::size_t bytes) { impl_->options.max_item_size = bytes; }

}  // namespace isocache
