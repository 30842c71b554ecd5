// What `me` and the dumps tell about an item, in memcached's terms.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/output.h"
#include "store/store.h"

namespace isocache {

// Size bands are shown as slab classes, which count from 1.
inline unsigned shown_class(const ItemFacts& item) {
  return Store::band_of(item.key().size(), item.value_length()) + 1;
}

// Unreserved bytes of RFC 3986 stay, others become %XX.
void append_uri_encoded(std::string_view bytes, Output& out);

// A key, or a part of one, where memcached prints it as it is. A key that is not printable is URI
// encoded, because it could hold a line end and forge a line.
void append_printable(std::string_view key, Output& out);

// The key as it goes over the wire: in base64 if it came so.
void append_wire_key(const ItemFacts& item, Output& out);

// " cas=1 fetch=no cls=1 size=60", which `me` and the dumps have in common.
void append_item_facts(const ItemFacts& item, bool cas_enabled, Output& out);

}  // namespace isocache
