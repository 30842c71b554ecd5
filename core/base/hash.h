// A keyed 64-bit hash: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
// 2012; one round a word and three at the end, as Rust's and Python's tables use it). Whoever does
// not know the key finds no two inputs of one hash, and none that share a bucket, but by chance.
//
// It replaced rapidhash, which is faster and not safe: one of its multiplicands lacks the seed, so
// that keys with eight known bytes collide under every seed.
//
// Nothing in the store depends on it for more than speed: items are told apart by key or location.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

// Secret and random for each process.
struct HashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  // Which bits of the result are kept. All of them, but in tests of what happens when keys collide.
  std::uint64_t mask = ~std::uint64_t{0};
  bool weak() const { return mask != ~std::uint64_t{0}; }
};

// Both halves from one number, for tests and tools that repeat a run. A server or an embedder draws
// 128 random bits instead.
HashKey hash_key_of(std::uint64_t seed);

// For tests: 4 bits are left. Two choose the bucket, one the tag, one the shard of a server.
HashKey weak_hash_key(std::uint64_t seed);

std::uint64_t hash_bytes(std::string_view bytes, const HashKey& key);

}  // namespace isocache
