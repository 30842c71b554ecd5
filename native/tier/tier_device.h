// The tier's device: one or several files, read and written by the thread that asks.
//
// A thread that serves connections opens a TierIo (open_thread()) and then has operations that end
// later. Another thread (the main thread, for a command of the administrator) waits for its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "core/tier/device.h"
#include "native/base/latency_histogram.h"
#include "native/tier/tier_file.h"
#include "native/tier/tier_io.h"

namespace isocache {

class IoPool;

struct TierDeviceOptions {
  std::uint64_t page_bytes = 64U << 20;      // files take turns after so many
  bool allow_ring = true;                    // io_uring, where the system allows it
  unsigned pool_threads = 16;                // otherwise
  std::size_t read_buffer_bytes = 4U << 20;  // for reads up to 128 KiB, of all threads
  std::size_t large_read_bytes = 16U << 20;  // for others
  // Runs on each thread of the pool.
  std::function<void()> on_pool_thread_start = nullptr;
};

class TierDevice final : public Device {
 public:
  // Opens the files and chooses the engine; the log says if it is not io_uring. Throws SystemError,
  // UsageError.
  TierDevice(std::span<const TierFileOptions> files, TierDeviceOptions options);
  TierDevice(std::vector<std::unique_ptr<TierFile>> files, TierDeviceOptions options);
  // REQUIRES: no thread has a TierIo of it any more.
  ~TierDevice() override;

  // For the calling thread, until it is destroyed. Call it before SystemCallFilter::load(). Throws
  // SystemError.
  std::unique_ptr<TierIo> open_thread(const TierIoOptions& asked);

  bool uses_ring() const { return uses_ring_; }
  // "io_uring" or "threads", for people.
  std::string_view engine() const { return uses_ring_ ? "io_uring" : "threads"; }
  bool direct() const { return files_->all_direct(); }
  // Of each thread that ever had a TierIo: how long its reads took. Any thread.
  void for_each_read_latency(const std::function<void(const LatencyHistogram&)>& visit) const;
  // Memory that reads use now.
  std::size_t read_bytes_in_use() const { return buffers_->bytes_in_use(); }

  std::uint64_t size_bytes() const override { return files_->size_bytes(); }
  std::size_t alignment() const override { return files_->alignment(); }
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override;
  void release(DeviceRead& read) override;
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& io) override;

 private:
  bool holds(std::uint64_t offset, std::uint64_t bytes) const;
  TierIo* io_of_this_thread() const;
  IoPool& pool();
  LatencyHistogram& add_histogram();

  const TierDeviceOptions options_;
  std::shared_ptr<const TierFiles> files_;
  std::shared_ptr<ReadBuffers> buffers_;
  bool uses_ring_ = false;
  mutable std::mutex mutex_;
  std::deque<LatencyHistogram> read_latencies_;  // under mutex_
  std::once_flag pool_made_;
  std::unique_ptr<IoPool> pool_;
};

}  // namespace isocache
