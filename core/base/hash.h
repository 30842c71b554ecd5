// A 64-bit hash of a key: rapidhash (N. De Carli's successor of wyhash), which needs 64x64->128 bit
// multiplications only and reads each byte once. Seeded, so that nobody outside the process can aim
// keys at one bucket.
#pragma once

#include <cstdint>
#include <string_view>

namespace isocache {

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed);

}  // namespace isocache
