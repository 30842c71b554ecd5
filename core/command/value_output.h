// Appends an item's value to a reply, in any protocol.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "base/inline.h"
#include "command/outcome.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "protocol/write.h"

namespace isocache {

// The text that a protocol puts after a value. All bytes of the array are copied at once, whatever
// the length of the text.
struct ValueEnd {
  char bytes[8];
  std::size_t size;
  std::string_view view() const { return {bytes, size}; }
};
inline constexpr ValueEnd kNoEnd{"", 0};
inline constexpr ValueEnd kLineEnd{"\r\n", 2};
inline constexpr ValueEnd kLastLineEnd{"\r\nEND\r\n", 7};

// As append_value(), for a value that is long or in pieces: refers to it where it lies, and pins
// its segments. If they cannot be pinned now, it copies the value.
[[gnu::noinline]] void append_large_value(const GetOutcome& outcome, const Request& request,
                                          const ValueEnd& end, Output& out);

// Appends the value and the text after it. Copies a small value. REQUIRES: outcome.found().
ISOCACHE_INLINE_NATIVELY inline void append_value(const GetOutcome& outcome, const Request& request,
                                                  const ValueEnd& end, Output& out) {
  const Item& item = outcome.item;
  const std::size_t length = item.value_length();
  if (out.prefers_pin(length) || item.chained()) [[unlikely]] {
    append_large_value(outcome, request, end, out);
    return;
  }
  char* const begin = out.reserve(length + sizeof end.bytes);
  std::memcpy(put(begin, item.contiguous_value()), end.bytes, sizeof end.bytes);
  out.commit(length + end.size);
}

}  // namespace isocache
