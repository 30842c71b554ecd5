// The letters of meta_flags.def as bits, for the parser. The table's other columns are in
// protocol/tables.h.
#pragma once

#include <cstdint>

namespace isocache {

enum class FlagArgument : std::uint8_t {
  kNone,
  kToken,  // any bytes
  kUnsigned64,
  kUnsigned32,
  kSeconds,  // signed, 32 bits
  kMode,     // one letter; more are ignored
};

// A bit for every letter (A-Z, then a-z), to find duplicates. 64 if it is no letter.
inline constexpr unsigned meta_flag_bit(char letter) {
  const auto c = static_cast<unsigned char>(letter);
  if (c >= 'A' && c <= 'Z') return c - unsigned{'A'};
  if (c >= 'a' && c <= 'z') return 26U + c - unsigned{'a'};
  return 64;
}
// The bits of the letters that are flags.
inline constexpr std::uint64_t kKnownMetaFlags = 0
#define ISOCACHE_META_FLAG(letter, ...) | 1ULL << meta_flag_bit(letter)
#include "protocol/meta_flags.def"
    ;

}  // namespace isocache
