// Devices over files of a temporary folder, and operations that note how they ended.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/tier/ring_io.h"
#include "native/tier/tier_device.h"

namespace isocache {

struct TestRead : DeviceRead {
  void on_done(bool succeeded) noexcept override {
    ended = succeeded;
    ++calls;
    if (then) then();
  }
  std::optional<bool> ended;
  int calls = 0;
  std::function<void()> then;
};

struct TestWrite : DeviceIo {
  void on_done(bool succeeded) noexcept override {
    ended = succeeded;
    ++calls;
  }
  std::optional<bool> ended;
  int calls = 0;
};

// Memory for writes, aligned for direct IO, filled with what `seed` says.
class TestBlock {
 public:
  TestBlock(std::size_t bytes, std::uint32_t seed) : bytes_(bytes) {
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)));
    for (std::size_t i = 0; i < bytes; ++i) {
      memory_.get()[i] =
          static_cast<std::byte>((i / 512 * 31 + i + std::size_t{seed} * 7919) & 255);
    }
  }
  std::span<const std::byte> data() const { return {memory_.get(), bytes_}; }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t bytes_;
};

inline bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::ranges::equal(a, b);
}

// A file whose calls a test takes over. Rings do not call it.
class ScriptedFile final : public TierFile {
 public:
  using Call = std::function<ssize_t(std::span<const iovec>, std::uint64_t)>;
  using TierFile::TierFile;

  ssize_t read_at(std::span<const iovec> parts, std::uint64_t offset) const override {
    return on_read ? on_read(parts, offset) : TierFile::read_at(parts, offset);
  }
  ssize_t write_at(std::span<const iovec> parts, std::uint64_t offset) const override {
    return on_write ? on_write(parts, offset) : TierFile::write_at(parts, offset);
  }
  ssize_t really_read(std::span<const iovec> parts, std::uint64_t offset) const {
    return TierFile::read_at(parts, offset);
  }
  ssize_t really_write(std::span<const iovec> parts, std::uint64_t offset) const {
    return TierFile::write_at(parts, offset);
  }
  Call on_read;
  Call on_write;
};

class TierFolder : public testing::Test {
 protected:
  TierFolder() {
    std::string pattern = testing::TempDir() + "isocache-tier-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TierFolder() override {
    for (const std::string& path : paths_) ::unlink(path.c_str());
    ::rmdir(folder_.c_str());
  }

  std::string path(const std::string& name) {
    paths_.push_back(folder_ + "/" + name);
    return paths_.back();
  }
  FileDescriptor plain_file(std::uint64_t bytes) {
    FileDescriptor file(::open(path("plain").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::ftruncate(file.get(), static_cast<off_t>(bytes)), 0);
    return file;
  }

 private:
  std::string folder_;
  std::vector<std::string> paths_;
};

// Each case with a ring and with the pool; without io_uring, the former is left out.
enum class IoEngine : std::uint8_t { kRing, kPool };

class TierEngines : public TierFolder, public testing::WithParamInterface<IoEngine> {
 protected:
  static constexpr std::uint64_t kMegabyte = 1U << 20;
  static constexpr std::chrono::milliseconds kPatience{10'000};

  void SetUp() override {
    if (GetParam() == IoEngine::kRing && ring_error() != 0) GTEST_SKIP() << "no io_uring here";
  }
  static TierDeviceOptions options() {
    return {
        .page_bytes = kMegabyte, .allow_ring = GetParam() == IoEngine::kRing, .pool_threads = 4};
  }
  std::unique_ptr<TierDevice> device_of(const std::vector<std::uint64_t>& sizes) {
    std::vector<TierFileOptions> files;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      files.push_back({.path = path("file" + std::to_string(i)), .size_bytes = sizes[i]});
    }
    return std::make_unique<TierDevice>(files, options());
  }
  static std::unique_ptr<TierDevice> device_over(std::unique_ptr<TierFile> file) {
    std::vector<std::unique_ptr<TierFile>> files;
    files.push_back(std::move(file));
    return std::make_unique<TierDevice>(std::move(files), options());
  }

  // The thread's loop, until nothing is pending.
  static void run(TierIo& io) {
    while (io.pending() > 0) {
      io.submit();
      pollfd event = {.fd = io.event_fd(), .events = POLLIN, .revents = 0};
      const int ready = ::poll(&event, 1, static_cast<int>(kPatience.count()));
      ASSERT_EQ(ready, 1) << io.pending() << " operations do not end";
      io.reap();
    }
  }
  static bool write(TierDevice& device, TierIo& io, std::uint64_t offset,
                    std::span<const std::byte> data) {
    TestWrite write;
    const std::span<const std::byte> parts[] = {data};
    if (device.begin_write(offset, parts, write) != IoStatus::kPending) return false;
    run(io);
    return write.ended.value_or(false) && write.calls == 1;
  }
  // Empty: it failed.
  static std::vector<std::byte> read(TierDevice& device, TierIo& io, std::uint64_t offset,
                                     std::size_t bytes) {
    TestRead read;
    if (device.begin_read(offset, bytes, read) != IoStatus::kPending) return {};
    EXPECT_FALSE(read.ended.has_value());
    run(io);
    EXPECT_EQ(read.calls, 1);
    if (!read.ended.value_or(false)) return {};
    std::vector<std::byte> data(read.data().begin(), read.data().end());
    device.release(read);
    return data;
  }
};

inline std::string engine_name(const testing::TestParamInfo<IoEngine>& info) {
  return info.param == IoEngine::kRing ? "Ring" : "Pool";
}

}  // namespace isocache
