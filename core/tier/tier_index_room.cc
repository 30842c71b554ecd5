// Room for an entry whose two buckets are full.
#include <bitset>
#include <utility>

#include "tier/tier_index.h"

namespace isocache {
namespace {

using Word = TierEntryFormat::Word;

// A search for a bucket with room, outward from two full ones: from each bucket to the other
// buckets of its entries, the nearest first. It meets no bucket twice, so the path back is simple.
class RoomSearch {
 public:
  RoomSearch(TierBucket* page, const TierEntryFormat& format) : page_(page), format_(format) {}

  void begin_at(std::size_t bucket) { add(bucket, 0, 0); }
  // Makes room in one of the buckets it began at. Null: there is none within reach.
  Word* run() {
    for (std::size_t from = 0; from < count_; ++from) {
      const std::size_t bucket = nodes_[from].bucket;
      for (std::size_t slot = 0; slot < TierBucket::kSlots; ++slot) {
        if (count_ == kNodes) return nullptr;
        const std::size_t other = format_.other_bucket(bucket, page_[bucket].words[slot]);
        if (met_[other]) continue;
        add(other, from, slot);
        if (Word* room = page_[other].free_slot(); room != nullptr) return move_along_path(room);
      }
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kNodes = TierIndex::kBucketsSearchedForRoom;
  struct Node {
    std::uint16_t bucket;
    std::uint8_t parent;
    std::uint8_t slot;  // of the parent's entry that may move here
  };
  static_assert(kNodes <= 256);

  void add(std::size_t bucket, std::size_t parent, std::size_t slot) {
    met_[bucket] = true;
    nodes_[count_++] = {static_cast<std::uint16_t>(bucket), static_cast<std::uint8_t>(parent),
                        static_cast<std::uint8_t>(slot)};
  }
  // `room` is in the newest node. Moves each parent's entry forward.
  Word* move_along_path(Word* room) {
    for (std::size_t at = count_ - 1; at >= kRoots; at = nodes_[at].parent) {
      Word& moved = page_[nodes_[nodes_[at].parent].bucket].words[nodes_[at].slot];
      *room = std::exchange(moved, 0);
      room = &moved;
    }
    return room;
  }

  static constexpr std::size_t kRoots = 2;
  TierBucket* page_;
  const TierEntryFormat& format_;
  std::bitset<kTierPageBuckets> met_;
  std::size_t count_ = 0;
  Node nodes_[kNodes];
};

}  // namespace

// Puts an entry into a page that has none like it. If there is no room, the least useful entry is
// lost; a new entry is never that one.
void TierIndex::put(TierBucket* page, std::size_t bucket, Word word, bool is_new) {
  const std::size_t other = format_.other_bucket(bucket, word);
  if (Word* room = make_room(page, bucket, other); room != nullptr) {
    *room = word;
    ++size_;
    return;
  }
  Word* victim = least_useful(page[bucket], page[other]);
  if (is_new || is_less_useful(*victim, word)) std::swap(*victim, word);
  observer_.on_lost(format_.entry(word));
}

// A free place in one of the two buckets. Null: there is none.
TierIndex::Word* TierIndex::make_room(TierBucket* page, std::size_t bucket, std::size_t other) {
  const bool other_is_emptier = page[other].used() < page[bucket].used();
  if (Word* room = page[other_is_emptier ? other : bucket].free_slot(); room != nullptr) {
    return room;
  }
  if (is_saturated()) return nullptr;
  RoomSearch search(page, format_);
  search.begin_at(bucket);
  search.begin_at(other);
  return search.run();
}

TierIndex::Word* TierIndex::least_useful(TierBucket& one, TierBucket& other) const {
  Word* least = &one.words[0];
  for (TierBucket* bucket : {&one, &other}) {
    for (Word& word : bucket->words) {
      if (is_less_useful(word, *least)) least = &word;
    }
  }
  return least;
}

// Less frequent, or as frequent and older: further behind the newest record in the ring of blocks.
bool TierIndex::is_less_useful(Word word, Word than) const {
  const unsigned frequency = TierEntryFormat::frequency(word);
  const unsigned frequency_than = TierEntryFormat::frequency(than);
  if (frequency != frequency_than) return frequency < frequency_than;
  const auto age = [&](Word of) {
    const std::uint64_t location = format_.location(of);
    return newest_ >= location ? newest_ - location : newest_ + blocks_ - location;
  };
  return age(word) > age(than);
}

}  // namespace isocache
