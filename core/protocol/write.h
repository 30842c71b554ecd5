// Small pieces of text, written straight into the output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "protocol/numbers.h"
#include "protocol/output.h"

namespace isocache {

// Returns the end. REQUIRES: room for the bytes.
inline char* put(char* to, std::string_view bytes) {
  copy_bytes(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

inline void append_u64(Output& out, std::uint64_t value) {
  char* const begin = out.reserve(kMaxU64Digits);
  out.commit(static_cast<std::size_t>(write_u64(begin, value) - begin));
}

}  // namespace isocache
