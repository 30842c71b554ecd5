// A device in memory that the host gives. Every operation ends at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tier/device.h"

namespace isocache {

class MemoryDevice final : public Device {
 public:
  // The memory must live as long as the device. Its size is rounded down to blocks.
  explicit MemoryDevice(std::span<std::byte> memory) : memory_(memory) {}

  std::uint64_t size_bytes() const override { return memory_.size() / kBlockBytes * kBlockBytes; }
  std::size_t alignment() const override { return kBlockBytes; }
  // Copies: the bytes may be written again while somebody still sends what was read.
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override;
  void release(DeviceRead& read) override;
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& io) override;

 private:
  bool holds(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= size_bytes() && bytes <= size_bytes() - offset;
  }

  std::span<std::byte> memory_;
};

}  // namespace isocache
