// What a user may change about a tier while it is in use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace isocache {

struct Settings;

struct TieringSettings {
  // When a hit brings an item back to memory. Requests that change the item always do.
  enum class Recache : std::uint8_t { kSecondHit, kFirstHit, kNever };

  std::size_t min_item_bytes = 0;  // smaller items are not tiered; see memcached_item_bytes()
  UnixSeconds min_ttl_s = 0;       // items that expire earlier are not tiered
  Recache recache = Recache::kSecondHit;
  double unread_share = 0.05;  // of the items that nobody read; once the tier is full; 0..1
};

// ext_item_size, ext_low_ttl, ext_recache_rate and ext_write_unread.
TieringSettings tiering_settings(const Settings& settings);

// The size that memcached gives an item: its header is larger than ours. So ext_item_size means the
// same in both.
constexpr std::size_t memcached_item_bytes(std::size_t key_bytes, std::size_t value_bytes) {
  constexpr std::size_t kHeaderBytes = 48;
  constexpr std::size_t kCasBytes = 8;
  constexpr std::size_t kEndBytes = 3;  // a zero behind the key, a line end behind the value
  return kHeaderBytes + kCasBytes + kEndBytes + key_bytes + value_bytes;
}

}  // namespace isocache
