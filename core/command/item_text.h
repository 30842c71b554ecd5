// What `me` and the dumps tell of an item, in memcached's terms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "command/reply_writer.h"
#include "protocol/base64.h"
#include "store/store.h"

namespace isocache {

// The size memcached would count for the same item: header 48, cas 8, the ends of key and value,
// client flags when not 0. Tools compare it with memcached's; ours is smaller (store/item.h).
inline std::size_t counted_size(const ItemFacts& item, bool cas_enabled) {
  return 48U + (cas_enabled ? 8U : 0U) + item.key().size() + 1 +
         (item.client_flags() != 0 ? 4U : 0U) + item.value_length() + 2;
}

// Size bands are shown as slab classes, which count from 1.
inline unsigned shown_class(const ItemFacts& item) {
  return Store::band_of(item.key().size(), item.value_length()) + 1;
}

// True if all bytes are ASCII that prints, and none is a space.
inline bool is_printable(std::string_view key) {
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F) return false;
  }
  return true;
}

// memcached remembers that a key came as base64 for items that `ms` stores, and forgets it for
// those that it makes itself (append, a number that grows, N, x). So do we, except for keys that
// would not go over the wire in any other form: memcached then sends them raw.
inline std::uint8_t made_item_key_bits(const Request& request) {
  return request.flags.binary_key && !is_printable(request.key.bytes) ? kBinaryKey : 0;
}

// RFC 3986 unreserved bytes stay, others become %XX.
inline void append_uri_encoded(std::string_view bytes, Output& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  char* const begin = out.reserve(bytes.size() * 3);
  char* to = begin;
  for (const char c : bytes) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      *to++ = c;
    } else {
      *to++ = '%';
      *to++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *to++ = kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  out.commit(static_cast<std::size_t>(to - begin));
}

// A key, or a part of one, where memcached prints it as it is. A key that is not printable is URI
// encoded, because it could hold a line end and forge a line.
inline void append_printable(std::string_view key, Output& out) {
  if (is_printable(key)) {
    out.append(key);
  } else {
    append_uri_encoded(key, out);
  }
}

// The key as it goes over the wire: base64 if it was stored that way.
inline void append_wire_key(const ItemFacts& item, Output& out) {
  if (!item.has(kBinaryKey)) {
    out.append(item.key());
    return;
  }
  const std::size_t length = base64_length(item.key().size());
  base64_encode(item.key(), out.reserve(length));
  out.commit(length);
}

// " cas=1 fetch=no cls=1 size=60": the part that both have.
inline void append_item_facts(const ItemFacts& item, bool cas_enabled, Output& out) {
  out.append(" cas=");
  append_u64(out, item.cas());
  out.append(item.has(kFetched) ? " fetch=yes cls=" : " fetch=no cls=");
  append_u64(out, shown_class(item));
  out.append(" size=");
  append_u64(out, counted_size(item, cas_enabled));
}

}  // namespace isocache
