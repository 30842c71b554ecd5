// From a key's hash to where its item lies: a hash table of buckets (bucket.h) that grows in small
// steps.
//
// An entry that finds its bucket full goes on to the next one: a tag-dependent number of buckets
// further on in the same page (1,024 buckets, one 64 KiB segment). A bucket counts the entries that
// went on, so nearly every miss costs one cache line. If the whole page is full, the entry goes to
// a spill page of that page, and so on. However many keys share a page, an insert finds room as
// long as there is memory, and other pages do not notice. The hash is keyed, so a page fills up by
// chance only; tests fill one with a weak hash.
//
// Growth: when the table is 9/10 full, a second table an eighth larger is begun. Every insert and
// every background step moves a few buckets over. A bucket's number is the hash's upper bits scaled
// to the table's size, so both tables are in the same order: pages of the old one are freed while
// those of the new one fill, and the two together never need more than the new table plus a page.
// No operation ever waits for a whole rehash, and the table is always 80 to 90 % full (once it has
// eight pages).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "base/inline.h"
#include "store/bucket.h"
#include "store/heap.h"

namespace isocache {

class Index {
 public:
  static constexpr std::size_t kPageBuckets = limits::kSegmentBytes / sizeof(Bucket);

  Index(Heap& heap, const HashKey& hash_key);

  void prefetch(std::uint64_t hash) const;
  // Prefetches the items that the key's bucket points at by its tag.
  void prefetch_items(std::uint64_t hash) const;

  // The entry with this hash's tag for which is_match(location), if any.
  template <typename IsMatch>
  ISOCACHE_INLINE_NATIVELY Slot find(std::uint64_t hash, IsMatch&& is_match) const {
    if (growing()) [[unlikely]] {
      Slot slot = find_in(next_, hash, is_match);
      return slot || is_moved(hash) ? slot : find_in(table_, hash, is_match);
    }
    return find_in(table_, hash, is_match);
  }
  // False: the index needs a segment and the heap has none. The caller makes room, or gives up.
  bool insert(std::uint64_t hash, Location location, unsigned frequency);
  void erase(Slot slot, std::uint64_t hash);
  // The hash of the key of the item that lies there.
  std::uint64_t hash_of(Location item) const;
  // The entry of the item that lies there. REQUIRES: there is one.
  Slot slot_of(Location item, std::uint64_t hash) const;

  std::size_t size() const { return size_; }
  std::size_t buckets() const { return table_.buckets + next_.buckets; }
  std::size_t pages() const { return pages_; }
  bool growing() const { return next_.buckets != 0; }
  // The table is full enough that grow() should begin.
  bool wants_growth() const { return !growing() && size_ >= growth_at_; }
  // Begins the next table. Pages are acquired as it fills.
  void begin_growth();
  // Moves up to `buckets` buckets. False if it needs a segment that the heap cannot give now.
  bool grow(std::size_t buckets);

  // Names what is inconsistent; null if nothing is. For Store::broken_invariant().
  const char* broken_invariant() const;
  // Every entry; visit(Slot). For tests.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Table* table : {&table_, &next_}) {
      const auto visit_page = [&](SegmentId page) {
        for (std::size_t b = 0; page != 0 && b < kPageBuckets; ++b) {
          Bucket* bucket = bucket_in(page, b);
          for (unsigned i = 0; i < Bucket::kSlots; ++i) {
            if (bucket->used(i)) visit(Slot{bucket, i});
          }
        }
      };
      for (SegmentId page : table->pages) visit_page(page);
      for (const Spill& spill : table->spills) visit_page(spill.id);
    }
  }

 private:
  // Takes the entries that found page number `page` full.
  struct Spill {
    std::size_t page;
    SegmentId id;
    Bucket* base;
  };
  struct Table {
    std::vector<SegmentId> pages;
    std::vector<Bucket*> bases;  // of each page; null: not there yet, or no longer
    std::vector<Spill> spills;   // in the order they were added; nearly always none
    std::size_t buckets = 0;     // 0: no table
  };

  static std::uint8_t tag_of(std::uint64_t hash) {
    const auto tag = static_cast<std::uint8_t>(hash);
    return tag == 0 ? 1 : tag;  // 0 marks an empty slot
  }
  static std::size_t bucket_number(const Table& table, std::uint64_t hash) {
    return static_cast<std::size_t>(((hash >> 32U) * std::uint64_t{table.buckets}) >> 32U);
  }
  // Odd, so that it visits every bucket of the page; by the tag, so that neighbours do not pile up.
  static std::size_t step_of(std::uint8_t tag) { return 2 * std::size_t{tag} + 1; }
  Bucket* bucket_in(SegmentId page, std::size_t bucket) const {
    return reinterpret_cast<Bucket*>(heap_.data(page)) + bucket;
  }

  template <typename IsMatch>
  ISOCACHE_INLINE_NATIVELY Slot find_in(const Table& table, std::uint64_t hash,
                                        IsMatch& is_match) const {
    const std::size_t number = bucket_number(table, hash);
    Bucket* base = table.bases[number / kPageBuckets];
    if (base == nullptr) return {};
    const std::uint8_t tag = tag_of(hash);
    std::size_t at = number % kPageBuckets;
    for (std::size_t tries = 0;;) {
      Bucket* bucket = base + at;
      for (unsigned found = bucket->match(tag); found != 0; found &= found - 1) {
        const auto slot = static_cast<unsigned>(__builtin_ctz(found));
        if (is_match(bucket->location(slot))) return {bucket, slot};
      }
      if (bucket->overflow() == 0) return {};
      at = (at + step_of(tag)) % kPageBuckets;
      if (++tries < probes_) continue;
      base = next_spill(table, number / kPageBuckets, base);
      if (base == nullptr) return {};
      at = number % kPageBuckets;
      tries = 0;
    }
  }
  // The spill page that took the entries for which the page at `base`, of number `page`, was full.
  // Null: there is none.
  static Bucket* next_spill(const Table& table, std::size_t page, const Bucket* base);

  void prefetch_items(const Bucket& bucket, std::uint8_t tag) const;
  // Whether all of this hash's page of the old table has been moved.
  bool is_moved(std::uint64_t hash) const {
    return bucket_number(table_, hash) / kPageBuckets < move_page_;
  }
  bool insert_in(Table& table, std::uint64_t hash, Location location, unsigned frequency);
  bool insert_on_page(Bucket* base, std::size_t at, std::uint8_t tag, Location location,
                      unsigned frequency);
  void leave_page(Bucket* base, std::size_t at, std::uint8_t tag);
  bool erase_on_page(Bucket* base, std::size_t at, std::uint8_t tag, Slot slot);
  SegmentId new_page();
  bool add_page(Table& table, std::size_t page);
  void free_page(Table& table, std::size_t page);
  bool move_bucket(Bucket* bucket);
  bool move_spills();
  void finish_growth();
  void set_growth_mark();
  // For broken_invariant().
  const char* broken_pages(const Table& table, std::size_t& pages) const;
  template <typename Visit>
  void for_each_page(const Table& table, Visit&& visit) const;
  template <typename Visit>
  bool walk(const Table& table, std::uint64_t hash, const Bucket* to, Visit&& visit) const;

  Heap& heap_;
  HashKey hash_key_;
  // How many buckets of a page are tried for an entry: all. With a weak hash only a few, so that
  // tests fill pages early.
  static constexpr std::size_t kWeakProbes = 8;
  std::size_t probes_;
  Table table_;
  Table next_;                   // while growing
  std::size_t move_page_ = 0;    // the page of table_ being moved
  std::size_t move_bucket_ = 0;  // in it
  std::size_t size_ = 0;
  std::size_t pages_ = 0;
  std::size_t growth_at_ = 0;
};

}  // namespace isocache
