// The meta flags of meta_flags.def as a table by letter.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace isocache {

enum class FlagArgument : std::uint8_t {
  kNone,
  kToken,  // any bytes
  kUnsigned64,
  kUnsigned32,
  kSeconds,  // signed, 32 bits
  kMode,     // one letter; more are ignored
};

struct MetaFlagInfo {
  char letter;
  FlagArgument argument;
  std::string_view commands;  // that have a use for it
  std::string_view meaning;   // one line, for docs and tools
};

std::span<const MetaFlagInfo> all_meta_flags();

// A bit of its own for every letter, for finding duplicates: A-Z, then a-z. 64 if it is no letter.
inline constexpr unsigned meta_flag_bit(char letter) {
  const auto c = static_cast<unsigned char>(letter);
  if (c >= 'A' && c <= 'Z') return c - unsigned{'A'};
  if (c >= 'a' && c <= 'z') return 26U + c - unsigned{'a'};
  return 64;
}
// The bits of the letters that are flags.
inline constexpr std::uint64_t kKnownMetaFlags = 0
#define ISOCACHE_META_FLAG(letter, argument, commands, meaning) | 1ULL << meta_flag_bit(letter)
#include "protocol/meta_flags.def"
#undef ISOCACHE_META_FLAG
    ;

}  // namespace isocache
