// A key and its hash, computed once and carried wherever the key goes.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

struct Key {
  std::string_view bytes;  // 1..limits::kMaxKeyBytes, any bytes
  std::uint64_t hash = 0;  // Store::hash() with the process's seed
};

}  // namespace isocache
