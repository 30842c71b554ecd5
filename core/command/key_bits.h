// Which items remember that their key came in base64.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/request.h"
#include "store/item.h"

namespace isocache {

// True if all bytes are ASCII that prints, and none is a space.
inline bool is_printable(std::string_view key) {
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F) return false;
  }
  return true;
}

// The bits of an item that a command makes itself (append, a number that grows, N, x). memcached
// forgets for those that the key came in base64, and remembers it for what `ms` stores. So does the
// engine, except for keys that would not go over the wire in any other form: memcached sends those
// raw.
inline std::uint8_t made_item_key_bits(const Request& request) {
  return request.flags.binary_key && !is_printable(request.key.bytes) ? kBinaryKey : 0;
}

}  // namespace isocache
