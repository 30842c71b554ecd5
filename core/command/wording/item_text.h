// What `me` and the dumps tell about an item, in memcached's terms.
#pragma once

#include <cstdint>
#include <string_view>

#include "command/listed_item.h"
#include "protocol/output.h"
#include "store/store.h"

namespace isocache {

// Size bands are shown as slab classes, which count from 1.
inline unsigned shown_class(const ListedItem& item) {
  return Store::band_of(item.key.size(), item.value_length) + 1;
}

// Keeps the unreserved bytes of RFC 3986, and writes others as %XX.
void append_uri_encoded(std::string_view bytes, Output& out);

// A key, or a part of one, in a place where memcached prints it unchanged. A key that is not
// printable is URI encoded, because a line end in it could forge a line.
void append_printable(std::string_view key, Output& out);

// The key in its form on the wire: in base64 if the item's bits say that it came in base64.
void append_wire_key(std::string_view key, std::uint8_t bits, Output& out);

// " cas=1 fetch=no cls=1 size=60", which `me` and the dumps both show.
void append_item_facts(const ListedItem& item, bool cas_enabled, Output& out);

}  // namespace isocache
