#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

#include "base/hash.h"

namespace isocache {
namespace {

// The reference's values for the key 00 01 .. 0f: an input for every tail length, and some of many
// words.
TEST(Hash, IsSipHash13) {
  struct Known {
    std::size_t length;
    std::uint64_t hash;
  };
  constexpr Known kKnown[] = {
      {0, 0xabac0158050fc4dcU},   {1, 0x0732543e9e14e772U},  {2, 0xa177ccd8b821f0b9U},
      {3, 0xcbd7d8ae50ca0bd2U},   {4, 0x8cd4043b6e77eb03U},  {5, 0x2ac3da0405d64fa6U},
      {6, 0x9cf3ab605dad5907U},   {7, 0x50d95085fa48f822U},  {8, 0x09ae2ff58209e72cU},
      {15, 0xb56058f3d11f3bc6U},  {16, 0xf6cb49fd54c72164U}, {17, 0x2cce1f2bfc0a1004U},
      {20, 0x890ecb260a59da59U},  {32, 0x052ec17c2516e2deU}, {33, 0x8962225a34bd84f2U},
      {100, 0x665671726ca14cbeU}, {250, 0xfc778d0b8b7fda03U}};
  constexpr HashKey kKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  for (const Known& known : kKnown) {
    std::string bytes(known.length, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + 1);
    EXPECT_EQ(hash_bytes(bytes, kKey), known.hash) << known.length;
  }
}

std::string word(std::uint64_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Families of inputs that had one hash under every seed when the hash was rapidhash.
TEST(Hash, KeysThatUsedToCollideDoNot) {
  constexpr int kMembers = 1000;
  const std::string tail = "abcdefghijklmnop";
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const HashKey key = hash_key_of(seed);
    std::set<std::uint64_t> hashes;
    for (int i = 0; i < kMembers; ++i) {
      char number[9];
      std::snprintf(number, sizeof number, "%08d", i);
      hashes.insert(hash_bytes(word(0x4b33a62ed433d4a3U) + number + tail, key));
      hashes.insert(hash_bytes(number + word(0x8bb84b93962eacc9U) + "12345678", key));
    }
    EXPECT_EQ(hashes.size(), 2U * kMembers);
  }
}

// Every bit of the key and of the input reaches the result.
TEST(Hash, DependsOnEveryBitOfTheKey) {
  const HashKey key = hash_key_of(7);
  const std::string bytes = "user:1234567890";
  const std::uint64_t hash = hash_bytes(bytes, key);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t one = std::uint64_t{1} << bit;
    for (const std::uint64_t other : {hash_bytes(bytes, {key.low ^ one, key.high}),
                                      hash_bytes(bytes, {key.low, key.high ^ one})}) {
      EXPECT_GT(std::popcount(hash ^ other), 12) << bit;
    }
  }
}

TEST(Hash, TheWeakOneKeepsFourBits) {
  const HashKey key = weak_hash_key(1);
  std::set<std::uint64_t> hashes;
  for (int i = 0; i < 1000; ++i) hashes.insert(hash_bytes(std::to_string(i), key));
  EXPECT_EQ(hashes.size(), 16U);
}

}  // namespace
}  // namespace isocache
