// Which form of a file a client takes, and whether it has it already. RFC 9110, sections 12.5.3 and
// 13.1.2. No sockets.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

enum class Coding : std::uint8_t { kIdentity, kGzip };

// The better of the two codings that `accept_encoding` lets us choose from. Without the field, a
// client gets the plain bytes. Returns false if it takes neither.
bool choose_coding(std::string_view accept_encoding, Coding& chosen);

// True if `if_none_match` names `tag`, an entity tag with its quotes, or is "*".
bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace isocache
