// A bucket of the index: one cache line of ten entries. An entry is a tag of 1 byte, and a slot of
// 5 bytes with frequency and location. Compared with entries of 8 bytes, a cache of 10-byte values
// holds 3 % more items.
//
//   0            10         12                                          62     64
//   +------------+----------+-----------+-----------+-- ... --+-----------+------+
//   | 10 tags    | overflow | slot 0    | slot 1    |         | slot 9    |      |
//   +------------+----------+-----------+-----------+-- ... --+-----------+------+
//
//   slot: 2 bits of frequency, 38 bits of location
//
// `overflow` counts the entries that found this bucket full and went on to another. While it is 0,
// a lookup stops here. A tag of 0 marks an empty slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "store/record.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace isocache {

class Bucket {
 public:
  static constexpr unsigned kSlots = 10;
  static constexpr unsigned kMaxFrequency = 3;

  // A bit for each slot whose tag is `tag`.
  unsigned match(std::uint8_t tag) const {
#if defined(__SSE2__)
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
    const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) & ((1U << kSlots) - 1);
#elif defined(__wasm_simd128__)
    const v128_t equal = wasm_i8x16_eq(wasm_v128_load(this), wasm_u8x16_splat(tag));
    return static_cast<unsigned>(wasm_i8x16_bitmask(equal)) & ((1U << kSlots) - 1);
#else
    unsigned found = 0;
    for (unsigned i = 0; i < kSlots; ++i) found |= static_cast<unsigned>(tags_[i] == tag) << i;
    return found;
#endif
  }
  bool used(unsigned slot) const { return tags_[slot] != 0; }
  unsigned overflow() const { return overflow_; }
  // A count that has reached its end stays there, and from then on only says "some".
  void add_overflow() {
    if (overflow_ != kMaxOverflow) ++overflow_;
  }
  void drop_overflow() {
    if (overflow_ != kMaxOverflow) --overflow_;
  }
  // For broken_invariant(): whether `went_on` is what the bucket has counted.
  bool counts(std::size_t went_on) const {
    return overflow_ == kMaxOverflow || overflow_ == went_on;
  }

  Location location(unsigned slot) const { return load(slot) >> kFrequencyBits; }
  unsigned frequency(unsigned slot) const {
    return static_cast<unsigned>(load(slot)) & kMaxFrequency;
  }
  void set(unsigned slot, std::uint8_t tag, Location location, unsigned frequency) {
    tags_[slot] = tag;
    save(slot, (location << kFrequencyBits) | frequency);
  }
  void set_location(unsigned slot, Location location) {
    save(slot, (location << kFrequencyBits) | frequency(slot));
  }
  void set_frequency(unsigned slot, unsigned frequency) {
    save(slot, (load(slot) & ~std::uint64_t{kMaxFrequency}) | frequency);
  }
  void clear(unsigned slot) { tags_[slot] = 0; }

 private:
  static constexpr unsigned kFrequencyBits = 2;
  static_assert(kMaxFrequency == (1U << kFrequencyBits) - 1);
  static constexpr std::uint16_t kMaxOverflow = 0xffff;
  static constexpr std::size_t kSlotBytes = 5;
  // A slot is read as the upper 5 of 8 bytes, so that the last one does not reach past the line.
  static constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  static constexpr unsigned kSkippedBits = 8 * (kWordBytes - kSlotBytes);
  static constexpr std::uint64_t kSkipped = (std::uint64_t{1} << kSkippedBits) - 1;
  static constexpr std::size_t kFirst = kSlots + sizeof(std::uint16_t) - (kWordBytes - kSlotBytes);
  static_assert(kFrequencyBits + kLocationBits == 8 * kSlotBytes);

  const char* at(unsigned slot) const {
    return reinterpret_cast<const char*>(this) + kFirst + slot * kSlotBytes;
  }
  std::uint64_t word(unsigned slot) const {
    std::uint64_t word;
    std::memcpy(&word, at(slot), sizeof word);
    return word;
  }
  std::uint64_t load(unsigned slot) const { return word(slot) >> kSkippedBits; }
  void save(unsigned slot, std::uint64_t value) {
    const std::uint64_t merged = (word(slot) & kSkipped) | (value << kSkippedBits);
    std::memcpy(const_cast<char*>(at(slot)), &merged, sizeof merged);
  }

  alignas(64) std::uint8_t tags_[kSlots];
  std::uint16_t overflow_;
  [[maybe_unused]] std::uint8_t slots_[kSlots * kSlotBytes + 2];  // through at()
};
static_assert(sizeof(Bucket) == 64);

// Where an entry is. Valid until the next insert, erase or growth step of the index.
struct Slot {
  Bucket* bucket = nullptr;
  unsigned index = 0;
  explicit operator bool() const { return bucket != nullptr; }
  Location location() const { return bucket->location(index); }
};

}  // namespace isocache
