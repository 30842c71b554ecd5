// Which protocols a client may speak.
#pragma once

#include <cstdint>

namespace isocache {

enum class Protocols : std::uint8_t {
  kAny,   // the first byte of a connection tells which: text and meta, or binary
  kText,  // text and meta
  kBinary,
};

}  // namespace isocache
