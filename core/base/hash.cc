#include "base/hash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace isocache {
namespace {

std::uint64_t read64(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::uint64_t read32(const char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::uint64_t byte_at(const char* at) { return static_cast<unsigned char>(*at); }

// The last `count` (0 to 7) bytes before `end`, the first of them lowest. `size` is the size of the
// whole input.
std::uint64_t read_tail(const char* end, std::size_t count, std::size_t size) {
  if (count == 0) return 0;
  // one load, which reads some bytes again
  if (size >= 8) return read64(end - 8) >> (64 - 8 * count);
  if (count >= 4) return read32(end - count) | (read32(end - 4) << (8 * (count - 4)));
  return byte_at(end - count) | (byte_at(end - count + count / 2) << (8 * (count / 2))) |
         (byte_at(end - 1) << (8 * (count - 1)));
}

struct State {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, const HashKey& key) {
  State state{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
              key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
  const char* at = bytes.data();
  const std::size_t size = bytes.size();
  const char* const words_end = at + (size & ~std::size_t{7});
  for (; at != words_end; at += 8) state.take(read64(at));
  const std::size_t left = size & 7U;
  state.take((std::uint64_t{size} << 56U) | read_tail(at + left, left, size));
  state.v2 ^= 0xffU;
  state.round();
  state.round();
  state.round();
  return (state.v0 ^ state.v1 ^ state.v2 ^ state.v3) & key.mask;
}

HashKey hash_key_of(std::uint64_t seed) {
  const std::uint64_t low = split_mix(seed);
  return {low, split_mix(seed)};
}

HashKey weak_hash_key(std::uint64_t seed) {
  HashKey key = hash_key_of(seed);
  key.mask = 0xC000'0000'0000'0102U;
  return key;
}

}  // namespace isocache
