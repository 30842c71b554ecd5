// How an item lies in a segment.
//
//   0        2        3      4               8                16          20          24
//   +--------+--------+------+---------------+----------------+-----------+-----------+-----+-------+
//   | value  | key    | bits | client flags  | cas            | exptime   | last      | key | value
//   | | length | length |      |               |                | unix s    | access    |     | |
//   +--------+--------+------+---------------+----------------+-----------+-----------+-----+-------+
//
// Records are 8-byte aligned. A record whose key length is 0 is not an item: filler left by an
// update in place, or a piece of a chained value (see chain.h). A chained item's value starts after
// its key with a ChainHead instead of bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/key.h"

namespace isocache {

struct ItemHeader {
  std::uint16_t value_length;  // bytes; 0 when chained
  std::uint8_t key_length;     // 1..250
  std::uint8_t bits;           // ItemBits
  std::uint32_t client_flags;
  std::uint64_t cas;
  UnixSeconds exptime;      // 0: never
  UnixSeconds last_access;  // set, or read
};
static_assert(sizeof(ItemHeader) == 24);

enum ItemBits : std::uint8_t {
  kFetched = 1U << 0,    // read since it was set
  kStale = 1U << 1,      // invalidated by `md I`
  kWinSent = 1U << 2,    // one client was told to recache
  kBinaryKey = 1U << 3,  // the key came base64 encoded
  kChained = 1U << 4,    // the value lies in pieces
  kUnlinked = 1U << 5,   // an upload that is not yet visible
};

}  // namespace isocache
