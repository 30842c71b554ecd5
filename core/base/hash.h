// A keyed 64-bit hash: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
// 2012; one round a word and three at the end, as in Rust's and Python's tables). Without the key,
// nobody can find two inputs with one hash, or inputs that share a bucket, except by chance.
//
// It replaced rapidhash, which is faster but not safe: one of its multiplicands lacks the seed, so
// keys with eight known bytes collide under every seed.
//
// The store depends on the hash only for speed: items are told apart by key or location. Flushed
// prefixes alone are told apart by their hashes, all 64 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

// Secret and random for each process.
struct HashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  // Which bits of the result are kept: all of them, except in tests in which keys collide.
  std::uint64_t mask = ~std::uint64_t{0};
  bool weak() const { return mask != ~std::uint64_t{0}; }
};

// Makes both halves from one number, for tests and tools that repeat a run. A server or an embedder
// uses 128 random bits instead.
HashKey hash_key_of(std::uint64_t seed);

// For tests: keeps 4 bits. Two choose the bucket, one the tag, one the shard of a server.
HashKey weak_hash_key(std::uint64_t seed);

std::uint64_t hash_bytes(std::string_view bytes, const HashKey& key);

}  // namespace isocache
