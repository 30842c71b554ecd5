// Remembers what was evicted lately: 2-byte fingerprints of hashes, no keys. A bucket is one cache
// line: a ring of 31 fingerprints. How far an entry lies behind the newest one tells its age
// without a clock.
//
//   0      2             64
//   +------+---- ... ----+
//   | head | 31 x 16 bit |   15 bits of the hash, 1 bit: evicted from the main queue
//   +------+---- ... ----+
//
// A false match (1 in 1,000 lookups) lets one item into the main queue too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "store/heap.h"

namespace isocache {

class Ghost {
 public:
  explicit Ghost(Heap& heap) : heap_(heap) {}

  struct Entry {
    bool found = false;
    bool from_main = false;
    double evictions_ago = 0;  // about
  };

  void insert(std::uint64_t hash, bool from_main);
  void prefetch(std::uint64_t hash) const {
    if (!bases_.empty()) prefetch_line(bucket(hash));
  }
  // Looks for the hash.
  Entry find(std::uint64_t hash) const;
  // The same, and forgets the entry.
  Entry take(std::uint64_t hash);

  std::size_t capacity() const { return bases_.size() * kPageEntries; }
  std::size_t entries() const;  // looks at each
  bool owns(SegmentId id) const;
  std::size_t pages() const { return bases_.size(); }
  // One page more or less. The ghost then forgets most of its entries, so do it rarely. False: the
  // heap has no segment.
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
  static constexpr std::uint16_t kFingerprint = 0x7fff;
  static constexpr std::uint16_t kFromMain = 0x8000;
  static constexpr std::size_t kPageBuckets = limits::kSegmentBytes / sizeof(Bucket);

  static std::uint16_t fingerprint(std::uint64_t hash) {
    const auto bits = static_cast<std::uint16_t>((hash >> 16U) & kFingerprint);
    return bits == 0 ? std::uint16_t{1} : bits;  // 0 marks an empty place
  }
  Bucket* bucket(std::uint64_t hash) const {
    const std::uint64_t buckets = bases_.size() * kPageBuckets;
    const auto number = static_cast<std::size_t>(((hash >> 32U) * buckets) >> 32U);
    return bases_[number / kPageBuckets] + number % kPageBuckets;
  }

  template <bool kForget>
  Entry look(std::uint64_t hash) const;

  Heap& heap_;
  std::vector<SegmentId> pages_;
  std::vector<Bucket*> bases_;
};

}  // namespace isocache
