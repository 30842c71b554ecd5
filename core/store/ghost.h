// What was evicted lately: 2-byte fingerprints of hashes, no keys. A bucket is one cache line, a ring of
// 31 fingerprints; how far an entry lies behind the newest tells its age without a clock.
//
//   0      2             64
//   +------+---- ... ----+
//   | head | 31 x 16 bit |
//   +------+---- ... ----+
//
// A false match (1 in 2,000 or so) lets one item into the main queue too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/heap.h"

namespace isocache {

class Ghost {
 public:
  explicit Ghost(Heap& heap) : heap_(heap) {}

  void insert(std::uint64_t hash);
  // Forgets the entry. Returns how old it is: 0 newest, up to 1 oldest; negative: not there.
  double take(std::uint64_t hash);
  void prefetch(std::uint64_t hash) const;

  std::size_t capacity() const { return bases_.size() * kPageEntries; }
  std::size_t pages() const { return bases_.size(); }
  // One page more or less. What was remembered is mostly forgotten, so do it rarely; false: no segment.
  bool add_page();
  void drop_page();

  static constexpr std::size_t kRing = 31;
  static constexpr std::size_t kPageEntries = limits::kSegmentBytes / 64 * kRing;

 private:
  struct Bucket {
    std::uint16_t head;
    std::uint16_t ring[kRing];
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr std::size_t kPageBuckets = limits::kSegmentBytes / sizeof(Bucket);

  static std::uint16_t fingerprint(std::uint64_t hash) {
    const auto bits = static_cast<std::uint16_t>(hash >> 16U);
    return bits == 0 ? 1 : bits;  // 0 marks an empty place
  }
  Bucket* bucket(std::uint64_t hash) const {
    const std::uint64_t buckets = bases_.size() * kPageBuckets;
    const auto number = static_cast<std::size_t>(((hash >> 32U) * buckets) >> 32U);
    return bases_[number / kPageBuckets] + number % kPageBuckets;
  }

  Heap& heap_;
  std::vector<SegmentId> pages_;
  std::vector<Bucket*> bases_;
};

}  // namespace isocache
