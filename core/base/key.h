// A key and its hash, computed once and carried wherever the key goes.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

struct Key {
  std::string_view bytes;  // 1..limits::kMaxKeyBytes, any bytes
  std::uint64_t hash = 0;  // Store::hash() with the process's seed
};

// True if the key holds a space or a control byte. Such a key goes over the wire in base64.
inline bool is_binary(std::string_view key) {
  for (const char c : key) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return true;
  }
  return false;
}

}  // namespace isocache
