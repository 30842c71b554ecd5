// The tier's device: a function of the host reads, another one writes. Both end within the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "imports.h"
#include "tier/device.h"

namespace isocache {

class HostDevice final : public Device {
 public:
  explicit HostDevice(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::size_t alignment() const override { return kBlockBytes; }

  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override {
    auto* const to = static_cast<std::byte*>(std::malloc(bytes));
    if (to == nullptr) return IoStatus::kFailed;
    if (!isocache_tier_read(static_cast<double>(offset), to, bytes)) {
      std::free(to);
      return IoStatus::kReadFailed;
    }
    data_of(read) = {to, bytes};
    return IoStatus::kDone;
  }
  void release(DeviceRead& read) override {
    std::free(data_of(read).data());
    data_of(read) = {};
  }

  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& /*io*/) override {
    for (const std::span<const std::byte> part : parts) {
      if (!isocache_tier_write(static_cast<double>(offset), part.data(), part.size())) {
        return IoStatus::kFailed;
      }
      offset += part.size();
    }
    return IoStatus::kDone;
  }

 private:
  std::uint64_t size_bytes_;
};

}  // namespace isocache
