// From the hash of a key to the place of its record on the device. An entry has 8 bytes, or 9 with
// what is free.
//
// A table is an array of pages, and a page is 1024 buckets of eight entries. The remainder of the
// hash chooses the page, ten other bits choose a bucket in it, and the remainder leads from there
// to the second bucket in which the entry may lie (a cuckoo table with partial keys: Fan et al.,
// "Cuckoo filter", 2014). So an entry can be moved to its other bucket, or to a larger table,
// although its key is on the device. A page fills to 98 % before it has no room.
//
// Two hashes with the same remainder and the same two buckets are one to the index. It keeps at
// most one entry for both, so an entry never outlives a newer one of the same key. Whoever reads
// the record compares the key.
//
// Growth: when the table is 93 % full, a second table an eighth larger is begun. Every insert and
// every step() moves a few buckets over; inserts more from 93.5 % on, so that growth is done
// before 95 % even without steps. Both tables are in the order of the remainder: pages of
// the old one are given back while those of the new one fill. If there is no memory for it, an
// insert that finds no room replaces an entry: the least frequent one, and among those the oldest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tier/page_source.h"
#include "tier/tier_bucket.h"
#include "tier/tier_entry.h"

namespace isocache {

// Is told of each entry that the index has given up: because a newer one took its place, or because
// there was no room. It is not told of entries that the caller erases. It must not call the index.
class TierIndexObserver {
 public:
  virtual ~TierIndexObserver() = default;
  virtual void on_lost(const TierEntry& entry) = 0;
};

// How far TierIndex::sweep() has come. A new one begins at the first entry.
struct TierSweep {
  std::uint64_t remainder = 0;
};

class TierIndex {
 public:
  static constexpr std::size_t kMaxPages = std::size_t{1} << 24U;  // 1 TiB

  // `blocks`: of the part of the device that locations point into.
  TierIndex(PageSource& source, std::uint64_t blocks, TierIndexObserver& observer);
  TierIndex(const TierIndex&) = delete;
  TierIndex& operator=(const TierIndex&) = delete;
  ~TierIndex();

  void prefetch(std::uint64_t hash) const;
  TierEntry find(std::uint64_t hash) const;
  // Counts a hit, up to a frequency of 3. False: there is no entry.
  bool touch(std::uint64_t hash);

  // Replaces what stood for this hash. False: there is no memory for the page. The location must be
  // the newest in the log: it is what the age of other entries is measured from.
  bool insert(std::uint64_t hash, const TierEntry& entry);
  // What was erased, if anything.
  TierEntry erase(std::uint64_t hash);
  // Only if the entry points there.
  TierEntry erase_if(std::uint64_t hash, std::uint64_t location);
  // Only if the entry points there: for a record that was written again.
  bool replace(std::uint64_t hash, std::uint64_t old_location, const TierEntry& entry);

  // Gives up all entries at once, without telling the observer. Later steps give the pages back.
  void clear();
  // The table grows to no more than this. If it has more, steps make it smaller, and each page that
  // goes costs entries. While the table is moved it may have one page more.
  void set_max_pages(std::size_t pages);
  // Moves up to `buckets` buckets to the next table. False: there is nothing to do now.
  bool step(std::size_t buckets);

  // Looks at the next entries, about a page of them. drop(TierEntry) says which ones go. False: all
  // were looked at. Entries that are inserted meanwhile may be left out.
  template <typename Drop>
  bool sweep(TierSweep& at, Drop&& drop);

  std::size_t size() const { return size_; }
  // Entries that it has room for when it has grown as far as it may.
  std::uint64_t room() const { return std::uint64_t{max_pages_} * kSaturatedPageEntries; }
  std::size_t pages() const { return pages_; }  // all that it holds now
  std::size_t bytes() const { return pages_ * PageSource::kPageBytes; }
  std::size_t capacity() const { return table_.size() * kTierPageEntries; }
  bool resizing() const { return !next_.empty(); }

  // For tests. visit(TierEntry) sees every entry.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // Names what is inconsistent; null if nothing is.
  const char* broken_invariant() const;

  // The bounds of one operation, in buckets.
  static constexpr std::size_t kBucketsMovedByInsert = 4;
  static constexpr std::size_t kBucketsMovedInHurry = 16;     // when the table is nearly full
  static constexpr std::size_t kBucketsSearchedForRoom = 64;  // fills to 98 %; 32: 96 %

 private:
  using Word = TierEntryFormat::Word;
  using Table = std::vector<TierBucket*>;  // its pages; null: not there
  static constexpr std::size_t kSaturatedPageEntries = kTierPageEntries * 98 / 100;
  // Where entries of a hash are. `leaving` is set while its page is being moved.
  struct Home {
    TierBucket** page;
    TierBucket* leaving;
  };

  TierBucket*& page_in(Table& table, std::uint64_t from) {
    return table[format_.page_number(from, table.size())];
  }
  TierBucket* page_in(const Table& table, std::uint64_t from) const {
    return table.empty() ? nullptr : table[format_.page_number(from, table.size())];
  }
  bool moving_page() const { return move_bucket_ != 0; }
  Word* slot_on(TierBucket* page, std::uint64_t hash) const;
  Word* slot_of(std::uint64_t hash) const;
  Home home_of(std::uint64_t hash);
  void lose(Word& word);
  TierEntry take(Word& word);

  // Room (tier_index_room.cc).
  void put(TierBucket* page, std::size_t bucket, Word word, bool is_new);
  // Then a search for room is in vain in nearly all cases.
  bool is_saturated() const { return size_ >= (pages_ - spare_.size()) * kSaturatedPageEntries; }
  Word* make_room(TierBucket* page, std::size_t bucket, std::size_t other);
  Word* least_useful(TierBucket& one, TierBucket& other) const;
  bool is_less_useful(Word word, Word than) const;

  // Resizing (tier_index_resize.cc).
  TierBucket* acquire();
  void release(TierBucket* page);
  void begin_resize(std::size_t pages);
  void choose_size();
  std::size_t moved_by_insert() const;
  bool is_smaller_wanted() const;
  bool begin_page();
  void move_bucket(std::size_t bucket);
  void end_page();
  void lose_page(TierBucket* page);
  std::size_t first_target(std::size_t page) const { return page * next_.size() / table_.size(); }
  std::size_t last_target(std::size_t page) const {
    return ((page + 1) * next_.size() - 1) / table_.size();
  }

  template <typename Visit>
  static void visit_page(TierBucket* page, Visit&& visit) {
    for (std::size_t b = 0; page != nullptr && b < kTierPageBuckets; ++b) {
      for (Word& word : page[b].words) {
        if (word != 0) visit(word);
      }
    }
  }
  template <typename Visit>
  std::uint64_t visit_from(std::uint64_t remainder, Visit&& visit);
  const char* broken_page(const Table& table, std::size_t number, std::size_t& entries) const;
  const char* broken_entry(TierBucket* page, std::size_t bucket, const Word& word) const;
  const char* broken_move(bool in_next, std::size_t bucket, Word word) const;

  PageSource& source_;
  TierIndexObserver& observer_;
  TierEntryFormat format_;
  std::uint64_t blocks_;
  std::uint64_t newest_ = 0;  // the location that was inserted last
  Table table_;
  Table next_;                   // while resizing
  Table spare_;                  // pages that are to be given back
  std::size_t move_page_ = 0;    // the page of table_ that is moved next
  std::size_t move_bucket_ = 0;  // in it; 0: its move has not begun
  std::size_t size_ = 0;
  std::size_t pages_ = 0;
  std::size_t max_pages_ = kMaxPages;
};

// Visits the pages with the entries from this remainder on, up to the one that is returned. Moves
// between buckets and tables do not change a remainder, so none escapes.
template <typename Visit>
std::uint64_t TierIndex::visit_from(std::uint64_t remainder, Visit&& visit) {
  const auto page_of = [&](const Table& table) {
    return static_cast<std::size_t>((remainder * table.size()) >> format_.remainder_bits());
  };
  const std::size_t page = page_of(table_);
  if (!resizing() || page >= move_page_) {
    visit_page(table_[page], visit);
    if (page == move_page_ && moving_page()) {
      for (std::size_t to = first_target(page); to <= last_target(page); ++to) {
        visit_page(next_[to], visit);
      }
    }
    return format_.first_remainder(page + 1, table_.size());
  }
  const std::size_t moved = page_of(next_);
  visit_page(next_[moved], visit);
  return std::min(format_.first_remainder(moved + 1, next_.size()),
                  format_.first_remainder(move_page_, table_.size()));
}

template <typename Drop>
bool TierIndex::sweep(TierSweep& at, Drop&& drop) {
  const std::uint64_t end = std::uint64_t{1} << format_.remainder_bits();
  if (table_.empty() || at.remainder >= end) return false;
  at.remainder = visit_from(at.remainder, [&](Word& word) {
    if (drop(format_.entry(word))) take(word);
  });
  return at.remainder < end;
}

template <typename Visit>
void TierIndex::for_each(Visit&& visit) const {
  for (const Table* table : {&table_, &next_}) {
    for (TierBucket* page : *table) {
      visit_page(page, [&](Word word) { visit(format_.entry(word)); });
    }
  }
}

}  // namespace isocache
