// How an item's value gets into a reply, in any protocol.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/inline.h"
#include "command/outcome.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "protocol/write.h"

namespace isocache {

// The value of an item that is long or in pieces: it is referred to where it lies, and its segments
// are pinned; if they can not be, it is copied.
void append_large_value(const GetOutcome& outcome, const Request& request, Output& out);

// Appends the value and what ends it. A small value is copied, so that a reply is mostly one run of
// bytes. REQUIRES: outcome.found().
ISOCACHE_INLINE_NATIVELY inline void append_value(const GetOutcome& outcome, const Request& request,
                                                  std::string_view end, Output& out) {
  const Item& item = outcome.item;
  const std::size_t length = item.value_length();
  if (out.prefers_pin(length) || item.chained()) [[unlikely]] {
    append_large_value(outcome, request, out);
    out.append(end);
    return;
  }
  char* const begin = out.reserve(length + end.size());
  put(put(begin, item.contiguous_value()), end);
  out.commit(length + end.size());
}

}  // namespace isocache
