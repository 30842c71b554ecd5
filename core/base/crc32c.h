// CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and SSE 4.2. It finds damage. It does not prove
// who wrote the bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

// The checksum of `size` bytes behind those that `before` is the checksum of. So the checksum of
// several parts is that of all of them in a row. 0 is the checksum of nothing.
std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t before = 0);

// The same, and copies the bytes on the way. They do not overlap.
std::uint32_t crc32c_copy(void* to, const void* from, std::size_t size, std::uint32_t before = 0);

// For tests: what runs where the processor has no instruction for it.
std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t before = 0);

}  // namespace isocache
