// Decides which items remember that their key came in base64.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/request.h"
#include "store/item.h"

namespace isocache {

// True if all bytes are printable ASCII and none is a space.
inline bool is_printable(std::string_view key) {
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F) return false;
  }
  return true;
}

// The bits of an item that a command creates itself (append, a number that grows, N, x). For these,
// memcached forgets that the key came in base64; for items that `ms` stores, it remembers it. The
// engine does the same, except for keys that have no other form on the wire: memcached sends those
// raw.
inline std::uint8_t made_item_key_bits(const Request& request) {
  return request.flags.binary_key && !is_printable(request.key.bytes) ? kBinaryKey : 0;
}

}  // namespace isocache
