// An entry of the tier's index: one word of 8 bytes that says where a record lies on the device.
//
//   63                                            9        2         0
//   +------------------+--------------------------+--------+---------+
//   | remainder        | location                 | length | frequ.  |
//   | R bits           | L bits                   | 7 bits | 2 bits  |
//   +------------------+--------------------------+--------+---------+
//
// The location is a block of the shard's part of the device. L is what the part's blocks need, and
// R is the rest, at most 36. The remainder is the upper end of the key's hash. An empty entry is 0,
// because no length code is 0.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace isocache {

// What an entry says. False if there is none.
struct TierEntry {
  std::uint64_t location = 0;    // in blocks, from the begin of the part
  std::uint8_t length_code = 0;  // 1..127, see FORMAT.md
  std::uint8_t frequency = 0;

  explicit operator bool() const { return length_code != 0; }
};

class TierEntryFormat {
 public:
  using Word = std::uint64_t;
  static constexpr unsigned kMaxFrequency = 3;
  static constexpr unsigned kMaxLengthCode = 127;
  static constexpr unsigned kBucketBits = 10;  // of the hash: the bucket in a page

  // For a part of so many blocks.
  explicit TierEntryFormat(std::uint64_t blocks)
      : location_bits_(static_cast<unsigned>(std::bit_width(blocks - 1))) {
    check(blocks != 0 && location_bits_ <= kMaxLocationBits);
    remainder_bits_ = std::min(kMaxRemainderBits, kWordBits - kLocationShift - location_bits_);
  }

  unsigned remainder_bits() const { return remainder_bits_; }
  unsigned unshared_bits() const { return kWordBits - remainder_bits_; }

  Word word(std::uint64_t hash, const TierEntry& entry) const {
    check(entry.location >> location_bits_ == 0 && entry.length_code - 1U < kMaxLengthCode);
    return (remainder(hash) << unshared_bits()) | (entry.location << kLocationShift) |
           (Word{entry.length_code} << kFrequencyBits) |
           std::min<Word>(entry.frequency, kMaxFrequency);
  }
  TierEntry entry(Word word) const {
    return {location(word), static_cast<std::uint8_t>((word >> kFrequencyBits) & kMaxLengthCode),
            static_cast<std::uint8_t>(frequency(word))};
  }
  std::uint64_t location(Word word) const {
    return (word >> kLocationShift) & ((Word{1} << location_bits_) - 1);
  }
  static unsigned frequency(Word word) { return static_cast<unsigned>(word & kMaxFrequency); }

  // A hash and a word have it in the same bits, so these take either.
  std::uint64_t remainder(std::uint64_t from) const { return from >> unshared_bits(); }
  std::size_t page_number(std::uint64_t from, std::size_t pages) const {
    return static_cast<std::size_t>((remainder(from) * pages) >> remainder_bits_);
  }
  // The smallest remainder of a page.
  std::uint64_t first_remainder(std::size_t page, std::size_t pages) const {
    return ((std::uint64_t{page} << remainder_bits_) + pages - 1) / pages;
  }
  // An entry's two buckets, each from the other, without the rest of the hash.
  std::size_t other_bucket(std::size_t bucket, std::uint64_t from) const {
    const auto mixed =
        static_cast<std::size_t>((remainder(from) * kMix) >> (kWordBits - kBucketBits));
    return bucket ^ std::max(mixed, std::size_t{1});
  }
  static std::size_t first_bucket(std::uint64_t hash) {
    return (hash >> kBucketShift) & ((std::size_t{1} << kBucketBits) - 1);
  }

 private:
  static constexpr unsigned kWordBits = 64;
  static constexpr unsigned kFrequencyBits = 2;
  static constexpr unsigned kLengthBits = 7;
  static constexpr unsigned kLocationShift = kFrequencyBits + kLengthBits;
  static constexpr unsigned kBucketShift = 18;  // the bits below choose a shard, and a tag
  static constexpr unsigned kMaxRemainderBits = kWordBits - kBucketShift - kBucketBits;
  static constexpr unsigned kMaxLocationBits = 39;
  static constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;  // 2^64 / the golden ratio

  unsigned location_bits_;
  unsigned remainder_bits_;
};

}  // namespace isocache
