#include "native/tier/tier_device.h"

#include <fmt/format.h>

#include <new>
#include <system_error>
#include <utility>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/tier/io_pool.h"
#include "native/tier/ring_io.h"

namespace isocache {
namespace {

std::vector<std::unique_ptr<TierFile>> open_all(std::span<const TierFileOptions> options) {
  std::vector<std::unique_ptr<TierFile>> files;
  for (const TierFileOptions& file : options) files.push_back(TierFile::open(file));
  return files;
}

}  // namespace

TierDevice::TierDevice(std::span<const TierFileOptions> files, TierDeviceOptions options)
    : TierDevice(open_all(files), std::move(options)) {}

TierDevice::TierDevice(std::vector<std::unique_ptr<TierFile>> files, TierDeviceOptions options)
    : options_(std::move(options)),
      files_(std::make_shared<TierFiles>(std::move(files), options_.page_bytes)),
      buffers_(
          std::make_shared<ReadBuffers>(options_.read_buffer_bytes, options_.large_read_bytes)) {
  const int error = options_.allow_ring ? ring_error() : 0;
  uses_ring_ = options_.allow_ring && error == 0;
  if (error != 0) {
    log_line(
        fmt::format("ext_path: io_uring cannot be used ({}); {} threads read and write instead",
                    std::generic_category().message(error), options_.pool_threads));
  }
  if (!uses_ring_) pool();
}

TierDevice::~TierDevice() = default;

IoPool& TierDevice::pool() {
  std::call_once(pool_made_, [this] {
    pool_ = std::make_unique<IoPool>(options_.pool_threads, options_.on_pool_thread_start);
  });
  return *pool_;
}

LatencyHistogram& TierDevice::add_histogram() {
  const std::lock_guard lock(mutex_);
  return read_latencies_.emplace_back();
}

void TierDevice::for_each_read_latency(
    const std::function<void(const LatencyHistogram&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const LatencyHistogram& one : read_latencies_) visit(one);
}

std::unique_ptr<TierIo> TierDevice::open_thread(const TierIoOptions& asked) {
  TierIoOptions options = asked;
  options.read_latency = &add_histogram();
  if (uses_ring_) {
    try {
      return make_ring_io(options, files_, buffers_);
    } catch (const SystemError& error) {
      log_line(fmt::format("ext_path: {}; threads read and write for this one", error.what()));
    }
  }
  return pool().make_io(options, files_, buffers_);
}

TierIo* TierDevice::io_of_this_thread() const {
  TierIo* const io = TierIo::of_this_thread();
  return io != nullptr && io->serves(*files_) ? io : nullptr;
}

bool TierDevice::holds(std::uint64_t offset, std::uint64_t bytes) const {
  const std::uint64_t unit = alignment();
  return bytes > 0 && offset % unit == 0 && bytes % unit == 0 && bytes <= size_bytes() &&
         offset <= size_bytes() - bytes;
}

IoStatus TierDevice::begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) {
  if (!holds(offset, bytes)) return IoStatus::kFailed;
  const std::span<std::byte> buffer = buffers_->take(bytes);
  if (buffer.empty()) return IoStatus::kFailed;
  IoStatus status = IoStatus::kFailed;
  try {
    if (TierIo* const io = io_of_this_thread()) {
      if (io->begin_read(offset, buffer, read)) status = IoStatus::kPending;
    } else {
      IoOperation operation;
      operation.begin_read(*files_, offset, buffer, nullptr);
      if (operation.run()) status = IoStatus::kDone;
    }
  } catch (const std::bad_alloc&) {
  }
  if (status == IoStatus::kFailed) {
    buffers_->give_back(buffer);
  } else {
    data_of(read) = buffer;
  }
  return status;
}

void TierDevice::release(DeviceRead& read) {
  buffers_->give_back(std::exchange(data_of(read), {}));
}

IoStatus TierDevice::begin_write(std::uint64_t offset,
                                 std::span<const std::span<const std::byte>> parts, DeviceIo& io) {
  std::uint64_t bytes = 0;
  for (const std::span<const std::byte> part : parts) bytes += part.size();
  if (!holds(offset, bytes)) return IoStatus::kFailed;
  try {
    if (TierIo* const thread = io_of_this_thread()) {
      return thread->begin_write(offset, parts, io) ? IoStatus::kPending : IoStatus::kFailed;
    }
    IoOperation operation;
    operation.begin_write(*files_, offset, parts, nullptr);
    return operation.run() ? IoStatus::kDone : IoStatus::kFailed;
  } catch (const std::bad_alloc&) {
    return IoStatus::kFailed;
  }
}

}  // namespace isocache
