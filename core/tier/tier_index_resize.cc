// From one table to the next, larger or smaller, a few buckets at a time.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/has_memory.h"
#include "tier/tier_index.h"

namespace isocache {
namespace {

// The table grows when it is this full. Two choices of eight fill to 98 %; pages differ by 3 %.
constexpr std::size_t kFullPageEntries = kTierPageEntries * 93 / 100;
constexpr std::size_t kHurriedPageEntries = kTierPageEntries * 187 / 200;
constexpr std::size_t kGrowthDivisor = 8;  // by an eighth
constexpr std::size_t kPagesReleasedByStep = 4;

}  // namespace

TierBucket* TierIndex::acquire() {
  TierBucket* page = nullptr;
  if (!spare_.empty()) {
    page = spare_.back();
    spare_.pop_back();
  } else {
    page = reinterpret_cast<TierBucket*>(source_.acquire_page());
    if (page == nullptr) return nullptr;
    ++pages_;
  }
  std::memset(static_cast<void*>(page), 0, PageSource::kPageBytes);
  return page;
}

void TierIndex::release(TierBucket* page) {
  --pages_;
  source_.release_page(reinterpret_cast<std::byte*>(page));
}

void TierIndex::clear() {
  const std::size_t most = spare_.size() + table_.size() + next_.size();
  const bool later = has_memory_for([&] { spare_.reserve(most); });
  for (Table* table : {&table_, &next_}) {
    for (TierBucket* page : *table) {
      if (page == nullptr) continue;
      if (later) {
        spare_.push_back(page);
      } else {  // a long step, but they do not get lost
        release(page);
      }
    }
    table->clear();
  }
  move_page_ = 0;
  move_bucket_ = 0;
  size_ = 0;
}

void TierIndex::set_max_pages(std::size_t pages) {
  max_pages_ = std::min(pages, kMaxPages);
  if (max_pages_ == 0) clear();
}

// Without memory, a later step begins.
void TierIndex::begin_resize(std::size_t pages) {
  if (!has_memory_for([&] { next_.assign(pages, nullptr); })) return;
  move_page_ = 0;
  move_bucket_ = 0;
}

// Begins the next table if another size is wanted.
void TierIndex::choose_size() {
  const std::size_t pages = table_.size();
  if (pages > max_pages_) {
    begin_resize(max_pages_);
  } else if (pages != 0 && pages < max_pages_ && size_ >= pages * kFullPageEntries) {
    begin_resize(std::min(max_pages_, pages + std::max(std::size_t{1}, pages / kGrowthDivisor)));
  }
}

std::size_t TierIndex::moved_by_insert() const {
  return size_ < table_.size() * kHurriedPageEntries ? kBucketsMovedByInsert : kBucketsMovedInHurry;
}

// Then entries may be lost on the way, for the move must not wait for memory.
bool TierIndex::is_smaller_wanted() const {
  return next_.size() < table_.size() || next_.size() > max_pages_;
}

bool TierIndex::step(std::size_t buckets) {
  for (std::size_t i = 0; i < kPagesReleasedByStep && !spare_.empty(); ++i) {
    release(spare_.back());
    spare_.pop_back();
  }
  if (!resizing()) choose_size();
  while (buckets != 0 && resizing()) {
    if (!moving_page() && !begin_page()) return !spare_.empty();
    const std::size_t end = std::min(move_bucket_ + buckets, kTierPageBuckets);
    buckets -= end - move_bucket_;
    for (; move_bucket_ < end; ++move_bucket_) move_bucket(move_bucket_);
    if (move_bucket_ == kTierPageBuckets) end_page();
  }
  return resizing() || !spare_.empty();
}

// Acquires the pages that the next page's entries go to. False: there is no memory now.
bool TierIndex::begin_page() {
  for (std::size_t to = first_target(move_page_); to <= last_target(move_page_); ++to) {
    if (next_[to] == nullptr) next_[to] = acquire();
    if (next_[to] != nullptr) continue;
    if (!is_smaller_wanted()) return false;
    // The page itself becomes the new one. Where even that is gone, the new page is left out until
    // an insert needs it.
    if (TierBucket* page = std::exchange(table_[move_page_], nullptr); page != nullptr) {
      lose_page(page);
      next_[to] = page;
    }
  }
  return true;
}

void TierIndex::lose_page(TierBucket* page) {
  visit_page(page, [&](Word& word) { lose(word); });
}

void TierIndex::move_bucket(std::size_t bucket) {
  TierBucket* page = table_[move_page_];
  if (page == nullptr) return;
  for (Word& word : page[bucket].words) {
    if (word == 0) continue;
    TierBucket* to = page_in(next_, word);
    if (to == nullptr) {
      lose(word);
      continue;
    }
    // Most find room in the same bucket of the new page, and need no look at the other one.
    if (Word* room = to[bucket].free_slot(); room != nullptr) {
      *room = std::exchange(word, 0);
      continue;
    }
    --size_;
    put(to, bucket, std::exchange(word, 0), false);
  }
}

void TierIndex::end_page() {
  if (TierBucket* page = std::exchange(table_[move_page_], nullptr); page != nullptr) {
    release(page);
  }
  move_bucket_ = 0;
  if (++move_page_ < table_.size()) return;
  table_ = std::exchange(next_, {});
  move_page_ = 0;
  choose_size();
}

}  // namespace isocache
