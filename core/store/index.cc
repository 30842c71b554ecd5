#include "store/index.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/inline.h"
#include "base/prefetch.h"

namespace isocache {
namespace {

// The table grows when so much of it is full, by this share of its pages.
constexpr std::size_t kFullNumerator = 9;
constexpr std::size_t kFullDenominator = 10;
constexpr std::size_t kGrowthShare = 8;
constexpr std::size_t kLineBytes = 64;

}  // namespace

Index::Index(Heap& heap, const HashKey& hash_key)
    : heap_(heap), hash_key_(hash_key), probes_(hash_key.weak() ? kWeakProbes : kPageBuckets) {
  table_.buckets = kPageBuckets;
  table_.pages.resize(1);
  table_.bases.resize(1);
  add_page(table_, 0);  // if there is no memory yet, the first insert tries again
  set_growth_mark();
}

void Index::set_growth_mark() {
  growth_at_ = table_.buckets * Bucket::kSlots / kFullDenominator * kFullNumerator;
}

void Index::prefetch(std::uint64_t hash) const {
  for (const Table* table : {&table_, &next_}) {
    if (table->buckets == 0) continue;
    const std::size_t number = bucket_number(*table, hash);
    const Bucket* base = table->bases[number / kPageBuckets];
    if (base != nullptr) prefetch_line(base + number % kPageBuckets);
  }
}

void Index::prefetch_items(std::uint64_t hash) const {
  for (const Table* table : {&table_, &next_}) {
    if (table->buckets == 0) continue;
    const std::size_t number = bucket_number(*table, hash);
    const Bucket* base = table->bases[number / kPageBuckets];
    if (base != nullptr) prefetch_items(base[number % kPageBuckets], tag_of(hash));
  }
}

void Index::prefetch_items(const Bucket& bucket, std::uint8_t tag) const {
  for (unsigned found = bucket.match(tag); found != 0; found &= found - 1) {
    const Location location = bucket.location(static_cast<unsigned>(__builtin_ctz(found)));
    // Header, key and the beginning of the value: an item of 100 bytes spans two or three lines.
    const std::byte* item = heap_.at(location);
    const std::size_t last = limits::kSegmentBytes - 1 - Heap::offset_of(location);
    prefetch_line(item);
    prefetch_line(item + std::min(kLineBytes, last));
    prefetch_line(item + std::min(2 * kLineBytes, last));
  }
}

bool Index::insert(std::uint64_t hash, Location location, unsigned frequency) {
  const bool moved = growing() && bucket_number(table_, hash) / kPageBuckets <= move_page_;
  if (!insert_in(moved ? next_ : table_, hash, location, frequency)) return false;
  ++size_;
  return true;
}

bool Index::insert_in(Table& table, std::uint64_t hash, Location location, unsigned frequency) {
  const std::size_t number = bucket_number(table, hash);
  const std::size_t page = number / kPageBuckets;
  const std::size_t home = number % kPageBuckets;
  const std::uint8_t tag = tag_of(hash);
  if (table.bases[page] == nullptr && !add_page(table, page)) return false;
  if (insert_on_page(table.bases[page], home, tag, location, frequency)) [[likely]] {
    return true;
  }
  for (const Spill& spill : table.spills) {
    if (spill.page == page && insert_on_page(spill.base, home, tag, location, frequency)) {
      return true;
    }
  }
  table.spills.reserve(table.spills.size() + 1);  // may throw, in a host with exceptions
  const SegmentId id = new_page();
  if (id != 0) {
    table.spills.push_back({page, id, bucket_in(id, 0)});
    return insert_on_page(table.spills.back().base, home, tag, location, frequency);
  }
  leave_page(table.bases[page], home, tag);
  for (const Spill& spill : table.spills) {
    if (spill.page == page) leave_page(spill.base, home, tag);
  }
  return false;
}

// False: there was no room on the way through the page. All its buckets have counted the entry as
// one that went on.
bool Index::insert_on_page(Bucket* base, std::size_t at, std::uint8_t tag, Location location,
                           unsigned frequency) {
  for (std::size_t tries = 0; tries < probes_; ++tries) {
    const unsigned free_slots = base[at].match(0);
    if (free_slots != 0) {
      base[at].set(static_cast<unsigned>(__builtin_ctz(free_slots)), tag, location, frequency);
      return true;
    }
    base[at].add_overflow();
    at = (at + step_of(tag)) % kPageBuckets;
  }
  return false;
}

Bucket* Index::next_spill(const Table& table, std::size_t page, const Bucket* base) {
  bool behind = base == table.bases[page];
  for (const Spill& spill : table.spills) {
    if (spill.page != page) continue;
    if (behind) return spill.base;
    behind = spill.base == base;
  }
  return nullptr;
}

// Takes back what insert_on_page() counted of an entry that found no room.
void Index::leave_page(Bucket* base, std::size_t at, std::uint8_t tag) {
  for (std::size_t tries = 0; tries < probes_; ++tries) {
    base[at].drop_overflow();
    at = (at + step_of(tag)) % kPageBuckets;
  }
}

// Takes back what the buckets on the way to the slot have counted. False: the slot is not on this
// page, and the way leads on.
bool Index::erase_on_page(Bucket* base, std::size_t at, std::uint8_t tag, Slot slot) {
  if (slot.bucket < base || slot.bucket >= base + kPageBuckets) {
    leave_page(base, at, tag);
    return false;
  }
  for (; base + at != slot.bucket; at = (at + step_of(tag)) % kPageBuckets) {
    base[at].drop_overflow();
  }
  return true;
}

void Index::erase(Slot slot, std::uint64_t hash) {
  // The slot's bucket tells which table it is in.
  const auto holds = [&](const Bucket* base) {
    return base != nullptr && slot.bucket >= base && slot.bucket < base + kPageBuckets;
  };
  for (const Table* table : {&table_, &next_}) {
    if (table->buckets == 0) continue;
    const std::size_t number = bucket_number(*table, hash);
    const std::size_t page = number / kPageBuckets;
    bool here = holds(table->bases[page]);
    for (const Spill& spill : table->spills) here = here || holds(spill.base);
    if (!here) continue;
    const std::uint8_t tag = tag_of(hash);
    if (erase_on_page(table->bases[page], number % kPageBuckets, tag, slot)) break;
    for (const Spill& spill : table->spills) {
      if (spill.page == page && erase_on_page(spill.base, number % kPageBuckets, tag, slot)) break;
    }
    break;
  }
  slot.bucket->clear(slot.index);
  --size_;
}

ISOCACHE_RARE void Index::begin_growth() {
  assert(!growing());
  const std::size_t pages =
      table_.pages.size() + std::max<std::size_t>(1, table_.pages.size() / kGrowthShare);
  next_.pages.resize(pages);
  next_.bases.resize(pages);
  next_.buckets = pages * kPageBuckets;  // from here on it grows
  move_page_ = 0;
  move_bucket_ = 0;
}

bool Index::grow(std::size_t buckets) {
  for (; buckets > 0 && growing(); --buckets) {
    Bucket* const base = table_.bases[move_page_];
    if (base != nullptr) {  // else nothing was ever on that page
      if (!move_bucket(base + move_bucket_)) return false;
      if (++move_bucket_ < kPageBuckets) continue;
    }
    // A page with spills is moved as a whole: rare, and its buckets have to be empty together.
    if (!move_spills()) {
      move_bucket_ = kPageBuckets - 1;
      return false;
    }
    free_page(table_, move_page_);
    move_bucket_ = 0;
    if (++move_page_ == table_.pages.size()) finish_growth();
  }
  return true;
}

ISOCACHE_RARE bool Index::move_spills() {
  for (const Spill& spill : table_.spills) {
    if (spill.page != move_page_) continue;
    for (std::size_t i = 0; i < kPageBuckets; ++i) {
      if (!move_bucket(spill.base + i)) return false;
    }
  }
  return true;
}

// Moves the entries that lie in one bucket of the old table. Entries that found this bucket full
// are moved from the buckets they lie in.
bool Index::move_bucket(Bucket* bucket) {
  for (unsigned i = 0; i < Bucket::kSlots; ++i) {
    if (bucket->used(i)) prefetch_line(heap_.at(bucket->location(i)));
  }
  for (unsigned i = 0; i < Bucket::kSlots; ++i) {
    if (!bucket->used(i)) continue;
    const Slot slot{bucket, i};
    const std::uint64_t hash = hash_of(slot.location());
    if (!insert_in(next_, hash, slot.location(), bucket->frequency(i))) return false;
    erase(slot, hash);
    ++size_;  // erase() counted it out
  }
  return true;
}

ISOCACHE_RARE void Index::finish_growth() {
  table_ = std::move(next_);
  next_ = Table{};
  set_growth_mark();
}

ISOCACHE_RARE SegmentId Index::new_page() {
  const SegmentId id = heap_.acquire(SegmentUse::kTable);
  if (id == 0) return 0;
  std::memset(heap_.data(id), 0, limits::kSegmentBytes);
  ++pages_;
  return id;
}

bool Index::add_page(Table& table, std::size_t page) {
  const SegmentId id = new_page();
  if (id == 0) return false;
  table.pages[page] = id;
  table.bases[page] = bucket_in(id, 0);
  return true;
}

void Index::free_page(Table& table, std::size_t page) {
  if (table.bases[page] == nullptr) return;
  heap_.release(table.pages[page]);
  table.pages[page] = 0;
  table.bases[page] = nullptr;
  --pages_;
  std::erase_if(table.spills, [&](const Spill& spill) {
    if (spill.page != page) return false;
    heap_.release(spill.id);
    --pages_;
    return true;
  });
}

std::uint64_t Index::hash_of(Location item) const {
  return hash_bytes(key_of(heap_.record<const ItemHeader>(item)), hash_key_);
}

Slot Index::slot_of(Location item, std::uint64_t hash) const {
  const Slot slot = find(hash, [&](Location location) { return location == item; });
  check(static_cast<bool>(slot));
  return slot;
}

}  // namespace isocache
