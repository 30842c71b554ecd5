#include "base/hash.h"

#include <cstddef>
#include <cstring>

namespace isocache {
namespace {

constexpr std::uint64_t kSecret[3] = {0x2d358dccaa6c78a5U, 0x8bb84b93962eacc9U,
                                      0x4b33a62ed433d4a3U};

struct Product {
  std::uint64_t low;
  std::uint64_t high;
};

#if defined(__wasm__)
// No such instruction there, and what stands in for it is a call: store/hash, 12 instead of 23 ns.
Product multiply(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kLow = 0xffffffffU;
  const std::uint64_t low = (a & kLow) * (b & kLow);
  const std::uint64_t cross = (a >> 32U) * (b & kLow) + (low >> 32U);
  const std::uint64_t other_cross = (a & kLow) * (b >> 32U) + (cross & kLow);
  return {a * b, (a >> 32U) * (b >> 32U) + (cross >> 32U) + (other_cross >> 32U)};
}
#else
Product multiply(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}
#endif

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Product product = multiply(a, b);
  return product.low ^ product.high;
}

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

// Up to 16 bytes as two words that together hold every byte.
void read_short(const char* at, std::size_t size, std::uint64_t& a, std::uint64_t& b) {
  if (size >= 4) {
    const char* last = at + size - 4;
    const std::size_t delta = (size & 24U) >> (size >> 3U);
    a = (read32(at) << 32U) | read32(last);
    b = (read32(at + delta) << 32U) | read32(last - delta);
  } else if (size > 0) {
    a = (byte_at(at) << 56U) | (byte_at(at + (size >> 1U)) << 32U) | byte_at(at + size - 1);
    b = 0;
  } else {
    a = b = 0;
  }
}

// Three independent lanes, so that the multiplications overlap.
std::uint64_t mix_long(const char*& at, std::size_t& left, std::uint64_t seed) {
  std::uint64_t lane1 = seed;
  std::uint64_t lane2 = seed;
  for (; left >= 48; left -= 48, at += 48) {
    seed = mix(read64(at) ^ kSecret[0], read64(at + 8) ^ seed);
    lane1 = mix(read64(at + 16) ^ kSecret[1], read64(at + 24) ^ lane1);
    lane2 = mix(read64(at + 32) ^ kSecret[2], read64(at + 40) ^ lane2);
  }
  return seed ^ lane1 ^ lane2;
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  const char* at = bytes.data();
  const std::size_t size = bytes.size();
  seed ^= mix(seed ^ kSecret[0], kSecret[1]) ^ size;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (size <= 16) {
    read_short(at, size, a, b);
  } else {
    std::size_t left = size;
    if (left > 48) seed = mix_long(at, left, seed);
    if (left > 16) {
      seed = mix(read64(at) ^ kSecret[2], read64(at + 8) ^ seed ^ kSecret[1]);
      if (left > 32) seed = mix(read64(at + 16) ^ kSecret[2], read64(at + 24) ^ seed);
    }
    a = read64(at + left - 16);
    b = read64(at + left - 8);
  }
  const Product product = multiply(a ^ kSecret[1], b ^ seed);
  return mix(product.low ^ kSecret[0] ^ size, product.high ^ kSecret[1]);
}

}  // namespace isocache
