// The prefix of a key: what is before the first delimiter. `stats detail` counts by it, and
// flush_prefix flushes by it.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.h"

namespace isocache {

// Finds the prefix of a key. Returns false if it has none. As in memcached, a zero byte ends the
// search.
inline bool find_prefix(std::string_view key, char delimiter, std::string_view* prefix) {
  if (key.empty()) return false;  // its data() may be null
  const char* const end = key.data() + key.size();
  const char* const found = find_byte(key.data(), end, delimiter);
  if (found == end || find_byte(key.data(), found, '\0') != found) return false;
  *prefix = key.substr(0, static_cast<std::size_t>(found - key.data()));
  return true;
}

}  // namespace isocache
