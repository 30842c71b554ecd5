// A bucket of the tier's index: one cache line of eight entries. A page is an array of buckets.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "tier/page_source.h"
#include "tier/tier_entry.h"

namespace isocache {

struct TierBucket {
  using Word = TierEntryFormat::Word;
  static constexpr std::size_t kSlots = 8;

  // The entry with the remainder of `from`, which is a hash or a word. Null: there is none.
  Word* find(std::uint64_t from, const TierEntryFormat& format) {
    const unsigned shift = format.unshared_bits();
    unsigned found = 0;
    for (unsigned i = 0; i < kSlots; ++i) {
      found |= static_cast<unsigned>(((words[i] ^ from) >> shift) == 0) << i;
    }
    for (; found != 0; found &= found - 1) {
      Word* word = &words[std::countr_zero(found)];
      if (*word != 0) return word;  // an empty entry has the remainder 0
    }
    return nullptr;
  }
  // Null: the bucket is full.
  Word* free_slot() {
    for (Word& word : words) {
      if (word == 0) return &word;
    }
    return nullptr;
  }
  std::size_t used() const {
    std::size_t used = 0;
    for (const Word word : words) used += word != 0 ? 1U : 0U;
    return used;
  }

  Word words[kSlots];
};

inline constexpr std::size_t kTierPageBuckets = PageSource::kPageBytes / sizeof(TierBucket);
inline constexpr std::size_t kTierPageEntries = kTierPageBuckets * TierBucket::kSlots;

static_assert(sizeof(TierBucket) == 64);
static_assert(kTierPageBuckets == std::size_t{1} << TierEntryFormat::kBucketBits);

}  // namespace isocache
