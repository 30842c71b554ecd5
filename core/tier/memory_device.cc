#include "tier/memory_device.h"

#include <cstdlib>
#include <cstring>

namespace isocache {

IoStatus MemoryDevice::begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) {
  if (!holds(offset, bytes)) return IoStatus::kFailed;
  auto* copy = static_cast<std::byte*>(std::malloc(bytes));
  if (copy == nullptr) return IoStatus::kFailed;
  std::memcpy(copy, memory_.data() + offset, bytes);
  data_of(read) = {copy, bytes};
  return IoStatus::kDone;
}

void MemoryDevice::release(DeviceRead& read) {
  std::free(data_of(read).data());
  data_of(read) = {};
}

IoStatus MemoryDevice::begin_write(std::uint64_t offset,
                                   std::span<const std::span<const std::byte>> parts,
                                   DeviceIo& /*io*/) {
  for (const std::span<const std::byte> part : parts) {
    if (!holds(offset, part.size())) return IoStatus::kFailed;
    std::memcpy(memory_.data() + offset, part.data(), part.size());
    offset += part.size();
  }
  return IoStatus::kDone;
}

}  // namespace isocache
