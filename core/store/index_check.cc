// What must hold in the index between any two calls.
#include <unordered_map>

#include "store/index.h"

namespace isocache {

const char* Index::broken_pages(const Table& table, std::size_t& pages) const {
  for (std::size_t page = 0; page < table.pages.size(); ++page) {
    const SegmentId id = table.pages[page];
    if (table.bases[page] != (id == 0 ? nullptr : bucket_in(id, 0))) return "a page has its base";
    if (id == 0) continue;
    ++pages;
    if (heap_.segment(id).use != SegmentUse::kTable) return "pages are table segments";
  }
  for (const Spill& spill : table.spills) {
    ++pages;
    if (heap_.segment(spill.id).use != SegmentUse::kTable) return "spills are table segments";
    if (spill.base != bucket_in(spill.id, 0)) return "a spill page has its base";
    if (table.bases.at(spill.page) == nullptr) return "a spill page belongs to a page";
  }
  return nullptr;
}

template <typename Visit>
void Index::for_each_page(const Table& table, Visit&& visit) const {
  for (const Bucket* base : table.bases) {
    if (base != nullptr) visit(base);
  }
  for (const Spill& spill : table.spills) visit(spill.base);
}

// Visits the buckets that an entry of this hash passes on its way to the bucket `to`. False: the
// way does not lead there.
template <typename Visit>
bool Index::walk(const Table& table, std::uint64_t hash, const Bucket* to, Visit&& visit) const {
  const std::size_t number = bucket_number(table, hash);
  const auto walk_page = [&](const Bucket* base) {
    std::size_t at = number % kPageBuckets;
    for (std::size_t tries = 0; tries < probes_; ++tries) {
      if (base + at == to) return true;
      visit(base + at);
      at = (at + step_of(tag_of(hash))) % kPageBuckets;
    }
    return false;
  };
  if (walk_page(table.bases[number / kPageBuckets])) return true;
  for (const Spill& spill : table.spills) {
    if (spill.page == number / kPageBuckets && walk_page(spill.base)) return true;
  }
  return false;
}

const char* Index::broken_invariant() const {
  const char* broken = nullptr;
  std::size_t pages = 0;
  std::size_t entries = 0;
  std::unordered_map<const Bucket*, std::size_t> passed;
  for (const Table* table : {&table_, &next_}) {
    if (const char* broken_page = broken_pages(*table, pages)) return broken_page;
    for_each_page(*table, [&](const Bucket* base) {
      for (const Bucket* bucket = base; bucket != base + kPageBuckets; ++bucket) {
        for (unsigned i = 0; i < Bucket::kSlots; ++i) {
          if (!bucket->used(i)) continue;
          ++entries;
          const std::uint64_t hash = hash_of(bucket->location(i));
          const auto count = [&](const Bucket* on_the_way) { ++passed[on_the_way]; };
          if ((bucket->match(tag_of(hash)) >> i & 1U) == 0) broken = "an entry has its tag";
          if (!walk(*table, hash, bucket, count)) broken = "an entry is on the way of its hash";
        }
      }
    });
  }
  if (broken != nullptr) return broken;
  for (const Table* table : {&table_, &next_}) {
    for_each_page(*table, [&](const Bucket* base) {
      for (const Bucket* bucket = base; bucket != base + kPageBuckets; ++bucket) {
        const auto found = passed.find(bucket);
        const std::size_t count = found == passed.end() ? 0 : found->second;
        if (!bucket->counts(count)) broken = "a bucket counts what went on";
      }
    });
  }
  if (broken != nullptr) return broken;
  if (pages != pages_) return "index pages add up";
  if (entries != size_) return "index entries add up";
  return nullptr;
}

}  // namespace isocache
