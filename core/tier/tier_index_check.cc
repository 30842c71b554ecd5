// What must hold between any two calls.
#include "tier/tier_index.h"

namespace isocache {

const char* TierIndex::broken_invariant() const {
  std::size_t entries = 0;
  std::size_t pages = spare_.size();
  for (const Table* table : {&table_, &next_}) {
    for (std::size_t number = 0; number < table->size(); ++number) {
      if ((*table)[number] == nullptr) continue;
      ++pages;
      if (const char* broken = broken_page(*table, number, entries)) return broken;
    }
  }
  if (entries != size_) return "the number of entries is wrong";
  if (pages != pages_) return "the number of pages is wrong";
  if (resizing() && move_page_ >= table_.size()) return "the move is past the end";
  return nullptr;
}

const char* TierIndex::broken_page(const Table& table, std::size_t number,
                                   std::size_t& entries) const {
  TierBucket* page = table[number];
  for (std::size_t b = 0; b < kTierPageBuckets; ++b) {
    for (const Word& word : page[b].words) {
      if (word == 0) continue;
      ++entries;
      if (format_.page_number(word, table.size()) != number) return "an entry is in a wrong page";
      if (const char* broken = broken_entry(page, b, word)) return broken;
      if (!resizing()) continue;
      if (const char* broken = broken_move(&table == &next_, b, word)) return broken;
    }
  }
  return nullptr;
}

const char* TierIndex::broken_entry(TierBucket* page, std::size_t bucket, const Word& word) const {
  if (!format_.entry(word)) return "an entry has no length";
  if (format_.location(word) >= blocks_) return "an entry points past the part";
  // find() gives the first match, so a second one does not find itself.
  if (page[bucket].find(word, format_) != &word) return "a bucket has an entry twice";
  if (page[format_.other_bucket(bucket, word)].find(word, format_) != nullptr) {
    return "both buckets have an entry";
  }
  return nullptr;
}

const char* TierIndex::broken_move(bool in_next, std::size_t bucket, Word word) const {
  const std::size_t old_number = format_.page_number(word, table_.size());
  if (!in_next) return old_number < move_page_ ? "an entry was left behind" : nullptr;
  if (old_number < move_page_) return nullptr;
  if (old_number > move_page_ || !moving_page()) return "an entry was moved too early";
  TierBucket* old_page = table_[old_number];
  if (old_page == nullptr) return nullptr;
  const std::size_t other = format_.other_bucket(bucket, word);
  const bool twice = old_page[bucket].find(word, format_) != nullptr ||
                     old_page[other].find(word, format_) != nullptr;
  return twice ? "both tables have an entry" : nullptr;
}

}  // namespace isocache
