// The device in memory: what is read stays as it was, whatever is written later.
#include "tier/memory_device.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace isocache {
namespace {

struct NoEnd final : DeviceRead {
  void on_done(bool) noexcept override { ADD_FAILURE() << "every operation ends at once"; }
};

TEST(TierMemoryDevice, ReadsWhatWasWritten) {
  std::vector<std::byte> memory(4 * Device::kBlockBytes + 100);
  MemoryDevice device(memory);
  EXPECT_EQ(device.size_bytes(), 4 * Device::kBlockBytes);
  const std::vector<std::byte> a(Device::kBlockBytes, std::byte{1});
  const std::vector<std::byte> b(Device::kBlockBytes, std::byte{2});
  const std::array<std::span<const std::byte>, 2> parts{a, b};
  NoEnd io;
  EXPECT_EQ(device.begin_write(512, parts, io), IoStatus::kDone);
  ASSERT_EQ(device.begin_read(512, 1024, io), IoStatus::kDone);
  ASSERT_EQ(io.data().size(), 1024U);
  std::memset(memory.data(), 9, memory.size());
  EXPECT_EQ(io.data()[0], std::byte{1});
  EXPECT_EQ(io.data()[1023], std::byte{2});
  device.release(io);
}

TEST(TierMemoryDevice, FailsBehindItsEnd) {
  std::vector<std::byte> memory(2 * Device::kBlockBytes);
  MemoryDevice device(memory);
  const std::vector<std::byte> block(Device::kBlockBytes);
  const std::array<std::span<const std::byte>, 2> parts{block, block};
  NoEnd io;
  EXPECT_EQ(device.begin_write(512, parts, io), IoStatus::kFailed);
  EXPECT_EQ(device.begin_read(1024, 512, io), IoStatus::kFailed);
  EXPECT_EQ(device.begin_read(~std::uint64_t{0}, 512, io), IoStatus::kFailed);
}

}  // namespace
}  // namespace isocache
