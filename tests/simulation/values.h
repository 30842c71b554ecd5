// Values that name their key: chunks of key, version and length, followed by bytes that are derived
// from these. set writes one chunk; append and prepend add one each.
//
//   "k0012v000001a4l00000080" <bytes>
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isocache::simulation {

using KeyId = std::uint32_t;
// A third of the keys of each use has a prefix: flush_prefix takes all keys with one of them. 0: a
// key without one.
constexpr unsigned kPrefixes = 2;
constexpr unsigned prefix_of(KeyId key) { return key % 3 == 0 ? 1 + key / 3 % kPrefixes : 0; }
using Version = std::uint32_t;

inline constexpr std::size_t kChunkHeadBytes = 23;

// `length` >= kChunkHeadBytes.
void append_chunk(KeyId key, Version version, std::size_t length, std::string& to);

struct Chunks {
  std::vector<Version> versions;
  std::string wrong;  // what is wrong with the bytes; empty if nothing is
};
Chunks read_chunks(KeyId key, std::string_view value);

}  // namespace isocache::simulation
