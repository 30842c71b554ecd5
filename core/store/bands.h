// Size bands. Each has segments and queues of its own, so that small items do not wait behind large
// ones for eviction.
#pragma once

#include <cstddef>

namespace isocache {

// Band b holds items up to 64 << 2b bytes. The last one holds all that are larger.
inline constexpr unsigned kBands = 8;
inline constexpr std::size_t kFirstBandBytes = 64;
inline constexpr std::size_t kBandFactor = 4;

// The band of an item whose header, key and value take `bytes` together.
constexpr unsigned band_of_item(std::size_t bytes) {
  unsigned band = 0;
  for (std::size_t top = kFirstBandBytes; bytes > top && band < kBands - 1; top *= kBandFactor) {
    ++band;
  }
  return band;
}

}  // namespace isocache
