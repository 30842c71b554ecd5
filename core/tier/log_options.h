// How a log is set up.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache::tier {

// The part of a device that belongs to one log.
struct DevicePart {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

inline constexpr unsigned kMaxFingerprintBits = 63;

struct PageLogOptions {
  DevicePart part;                       // two regions at least; multiples of region_bytes
  std::size_t region_bytes = 64U << 20;  // a multiple of 64 KiB
  std::size_t write_pages = 16;          // neighbouring pages in one write; 16 at most
  // In memory; a power of two, 4 at least. A record has two pages less at most.
  std::size_t max_pages = 64;
  // Keys whose hashes are equal in so many of the highest bits may share an entry of the owner's
  // index. REQUIRES: not more than the index stores.
  unsigned fingerprint_bits = 24;
  // How much of a cleaned region may be written again.
  unsigned max_kept_percent = 33;
  unsigned max_failures = 8;  // regions in a row; then the log is off
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;           // of this run of the host
  std::uint64_t first_sequence = 1;  // random in every run
};

}  // namespace isocache::tier
