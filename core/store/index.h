// From a key's hash to where its item lies: a hash table that grows in small steps.
//
// A bucket is one cache line of ten entries, 6 bytes each: a tag, and 5 bytes of frequency and
// location. (DESIGN asked for 8-byte slots; at 10-byte values the difference is 3 % more items.)
//
//   0            10         12                                                  62    64
//   +------------+----------+-----------+-----------+-- ... --+-----------+----+
//   | 10 tags    | overflow | slot 0    | slot 1    |         | slot 9    |    |   slot: 2 bits
//   +------------+----------+-----------+-----------+-- ... --+-----------+----+   frequency, 38
//   location
//
// `overflow` counts the entries that found this bucket full and went on; while it is 0 a lookup
// stops here, so nearly every miss costs one cache line. The next bucket tried is a tag-dependent
// number of buckets further on in the same page (1,024 buckets, one 64 KiB segment). If the page is
// full, the entry goes to a spill page of that page, and so on: however many keys share a page, an
// insert finds room as long as there is memory, and other pages do not notice. The hash being
// keyed, it takes chance to fill a page; tests do it with a weak one.
//
// Growth: when the table is 9/10 full, a second table an eighth larger is begun. Every insert, and
// every background step, moves a few buckets over. Buckets are numbered by the hash's upper bits
// scaled to the table's size, so both tables are in the same order: pages of the old one are freed
// while those of the new one are filled, and the two together never need more than the new table
// plus a page. No operation ever waits for a whole rehash, and the table is always 80 to 90 % full
// (once it has eight pages).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "base/inline.h"
#include "store/heap.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace isocache {

class Bucket {
 public:
  static constexpr unsigned kSlots = 10;

  // A bit for each slot whose tag is `tag`.
  unsigned match(std::uint8_t tag) const {
#if defined(__SSE2__)
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
    const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) & ((1U << kSlots) - 1);
#elif defined(__wasm_simd128__)
    const v128_t equal = wasm_i8x16_eq(wasm_v128_load(this), wasm_u8x16_splat(tag));
    return static_cast<unsigned>(wasm_i8x16_bitmask(equal)) & ((1U << kSlots) - 1);
#else
    unsigned found = 0;
    for (unsigned i = 0; i < kSlots; ++i) found |= static_cast<unsigned>(tags_[i] == tag) << i;
    return found;
#endif
  }
  bool used(unsigned slot) const { return tags_[slot] != 0; }
  unsigned overflow() const { return overflow_; }
  // A count that once reached its end says "some" for good.
  void add_overflow() {
    if (overflow_ != kMaxOverflow) ++overflow_;
  }
  void drop_overflow() {
    if (overflow_ != kMaxOverflow) --overflow_;
  }
  // For broken_invariant(): is that how many went on?
  bool counts(std::size_t went_on) const {
    return overflow_ == kMaxOverflow || overflow_ == went_on;
  }

  Location location(unsigned slot) const { return load(slot) >> kFrequencyBits; }
  unsigned frequency(unsigned slot) const {
    return static_cast<unsigned>(load(slot)) & ((1U << kFrequencyBits) - 1);
  }
  void set(unsigned slot, std::uint8_t tag, Location location, unsigned frequency) {
    tags_[slot] = tag;
    save(slot, (location << kFrequencyBits) | frequency);
  }
  void set_location(unsigned slot, Location location) {
    save(slot, (location << kFrequencyBits) | frequency(slot));
  }
  void set_frequency(unsigned slot, unsigned frequency) {
    save(slot, (load(slot) & ~std::uint64_t{3}) | frequency);
  }
  void clear(unsigned slot) { tags_[slot] = 0; }

 private:
  static constexpr unsigned kFrequencyBits = 2;
  static constexpr std::uint16_t kMaxOverflow = 0xffff;
  static constexpr std::size_t kSlotBytes = 5;
  // A slot is read as the upper 5 of 8 bytes, so that the last one does not reach past the line.
  static constexpr std::size_t kFirst = 12 - 3;
  static_assert(kFrequencyBits + kLocationBits == 8 * kSlotBytes);

  const char* at(unsigned slot) const {
    return reinterpret_cast<const char*>(this) + kFirst + slot * kSlotBytes;
  }
  std::uint64_t word(unsigned slot) const {
    std::uint64_t word;
    std::memcpy(&word, at(slot), sizeof word);
    return word;
  }
  std::uint64_t load(unsigned slot) const { return word(slot) >> 24U; }
  void save(unsigned slot, std::uint64_t value) {
    const std::uint64_t merged = (word(slot) & 0xffffffU) | (value << 24U);
    std::memcpy(const_cast<char*>(at(slot)), &merged, sizeof merged);
  }

  alignas(64) std::uint8_t tags_[kSlots];
  std::uint16_t overflow_;
  [[maybe_unused]] std::uint8_t slots_[kSlots * kSlotBytes + 2];  // through at()
};
static_assert(sizeof(Bucket) == 64);

// Where an entry is. Valid until the next insert, erase or growth step.
struct Slot {
  Bucket* bucket = nullptr;
  unsigned index = 0;
  explicit operator bool() const { return bucket != nullptr; }
  Location location() const { return bucket->location(index); }
};

class Index {
 public:
  static constexpr std::size_t kPageBuckets = limits::kSegmentBytes / sizeof(Bucket);
  static constexpr unsigned kMaxFrequency = 3;

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
  // False: no room (the caller must make some, see wants_segments(), or give up).
  bool insert(std::uint64_t hash, Location location, unsigned frequency);
  void erase(Slot slot, std::uint64_t hash);

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

  // What is inconsistent; null if nothing is. For Store::broken_invariant().
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
  // Takes what found page number `page` full.
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
  // The page that took what found `base`, a page of number `page`, full; null: none did.
  static Bucket* next_spill(const Table& table, std::size_t page, const Bucket* base);

  void prefetch_items(const Bucket& bucket, std::uint8_t tag) const;
  // All of this hash's old page has been moved.
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
  std::uint64_t hash_at(Location location) const;
  // broken_invariant()
  const char* broken_pages(const Table& table, std::size_t& pages) const;
  template <typename Visit>
  void for_each_page(const Table& table, Visit&& visit) const;
  template <typename Visit>
  bool walk(const Table& table, std::uint64_t hash, const Bucket* to, Visit&& visit) const;

  Heap& heap_;
  HashKey hash_key_;
  // Buckets of a page that are tried for an entry: all. With a weak hash a few, so that tests fill
  // pages early.
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
