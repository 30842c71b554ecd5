#include "tier/tier_index.h"

#include <utility>

#include "base/check.h"
#include "base/has_memory.h"
#include "base/prefetch.h"

namespace isocache {

TierIndex::TierIndex(PageSource& source, std::uint64_t blocks, TierIndexObserver& observer)
    : source_(source), observer_(observer), format_(blocks), blocks_(blocks) {}

TierIndex::~TierIndex() {
  clear();
  for (TierBucket* page : spare_) release(page);
}

void TierIndex::prefetch(std::uint64_t hash) const {
  const bool moved = resizing() && format_.page_number(hash, table_.size()) < move_page_;
  const TierBucket* page = page_in(moved ? next_ : table_, hash);
  if (page == nullptr) return;
  const std::size_t bucket = TierEntryFormat::first_bucket(hash);
  prefetch_line(&page[bucket]);
  prefetch_line(&page[format_.other_bucket(bucket, hash)]);
}

TierIndex::Word* TierIndex::slot_on(TierBucket* page, std::uint64_t hash) const {
  if (page == nullptr) return nullptr;
  const std::size_t bucket = TierEntryFormat::first_bucket(hash);
  TierBucket& other = page[format_.other_bucket(bucket, hash)];
  prefetch_line(&other);  // both lines come at the same time
  Word* word = page[bucket].find(hash, format_);
  return word != nullptr ? word : other.find(hash, format_);
}

TierIndex::Word* TierIndex::slot_of(std::uint64_t hash) const {
  if (resizing()) [[unlikely]] {
    const std::size_t page = format_.page_number(hash, table_.size());
    const bool moved = page < move_page_;
    if (moved || (page == move_page_ && moving_page())) {
      Word* word = slot_on(page_in(next_, hash), hash);
      if (moved || word != nullptr) return word;
    }
  }
  return slot_on(page_in(table_, hash), hash);
}

TierIndex::Home TierIndex::home_of(std::uint64_t hash) {
  TierBucket*& page = page_in(table_, hash);
  if (!resizing()) return {&page, nullptr};
  const std::size_t number = format_.page_number(hash, table_.size());
  if (number < move_page_) return {&page_in(next_, hash), nullptr};
  if (number == move_page_ && moving_page()) return {&page_in(next_, hash), page};
  return {&page, nullptr};
}

TierEntry TierIndex::find(std::uint64_t hash) const {
  const Word* word = slot_of(hash);
  return word == nullptr ? TierEntry{} : format_.entry(*word);
}

bool TierIndex::touch(std::uint64_t hash) {
  Word* word = slot_of(hash);
  if (word == nullptr) return false;
  if (TierEntryFormat::frequency(*word) < TierEntryFormat::kMaxFrequency) ++*word;
  return true;
}

bool TierIndex::insert(std::uint64_t hash, const TierEntry& entry) {
  newest_ = entry.location;
  step(moved_by_insert());
  if (table_.empty()) {
    if (max_pages_ == 0 || !has_memory_for([&] { table_.push_back(nullptr); })) return false;
  }
  const Home home = home_of(hash);
  if (Word* word = slot_on(home.leaving, hash); word != nullptr) lose(*word);
  if (*home.page == nullptr) *home.page = acquire();
  if (*home.page == nullptr) return false;
  const Word word = format_.word(hash, entry);
  if (Word* old = slot_on(*home.page, hash); old != nullptr) {
    lose(*old);
    *old = word;
    ++size_;
  } else {
    put(*home.page, TierEntryFormat::first_bucket(hash), word, true);
  }
  return true;
}

TierEntry TierIndex::erase(std::uint64_t hash) {
  Word* word = slot_of(hash);
  return word == nullptr ? TierEntry{} : take(*word);
}

TierEntry TierIndex::erase_if(std::uint64_t hash, std::uint64_t location) {
  Word* word = slot_of(hash);
  return word == nullptr || format_.location(*word) != location ? TierEntry{} : take(*word);
}

bool TierIndex::replace(std::uint64_t hash, std::uint64_t old_location, const TierEntry& entry) {
  newest_ = entry.location;
  Word* word = slot_of(hash);
  if (word == nullptr || format_.location(*word) != old_location) return false;
  *word = format_.word(hash, entry);
  return true;
}

// Takes an entry out.
TierEntry TierIndex::take(Word& word) {
  --size_;
  return format_.entry(std::exchange(word, 0));
}

void TierIndex::lose(Word& word) { observer_.on_lost(take(word)); }

}  // namespace isocache
