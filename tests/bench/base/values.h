// Values that can be told apart and checked without storing them. A value is a window into one pool
// of random bytes; the window's start is derived from key and version. Making one costs nothing and
// checking one is a memcmp, so the load generator does not dominate the measurement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/base/random.h"

namespace isocache::bench {

class ValuePool {
 public:
  // `starts` windows: if two values are mixed up, once in that many times it is not noticed. A load
  // generator uses few, so that the pool stays in its cache.
  explicit ValuePool(std::size_t max_value_bytes, std::size_t starts = std::size_t{1} << 22U)
      : starts_(starts), bytes_(starts + max_value_bytes + sizeof(std::uint64_t), '\0') {
    Random random(0x706f6f6c);
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= bytes_.size();
         at += sizeof(std::uint64_t)) {
      const std::uint64_t word = random.next();
      std::memcpy(bytes_.data() + at, &word, sizeof word);
    }
  }

  std::string_view value(std::uint64_t key, std::uint64_t version, std::size_t size) const {
    const std::uint64_t start = mix(key * 0x100000001b3U + version) % starts_;
    return {bytes_.data() + start, size};
  }

 private:
  std::size_t starts_;
  std::string bytes_;
};

}  // namespace isocache::bench
