#include "native/tier/io_operation.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/base/has_memory.h"

namespace isocache {
namespace {

constexpr std::size_t kMostParts = IOV_MAX;

}  // namespace

void IoOperation::begin(const TierFiles& files, std::uint64_t offset, DeviceIo* io) {
  files_ = &files;
  io_ = io;
  offset_ = offset;
  done_ = 0;
  repeats_ = 0;
  step_parts_.reserve(std::min(parts_.size(), kMostParts));  // a later step needs no memory
  make_step();
}

void IoOperation::begin_read(const TierFiles& files, std::uint64_t offset,
                             std::span<std::byte> buffer, DeviceIo* io) {
  kind_ = Kind::kRead;
  buffer_ = buffer;
  began_ = std::chrono::steady_clock::now();
  bytes_ = buffer.size();
  parts_.assign(1, {.iov_base = buffer.data(), .iov_len = buffer.size()});
  begin(files, offset, io);
}

void IoOperation::begin_write(const TierFiles& files, std::uint64_t offset,
                              std::span<const std::span<const std::byte>> parts, DeviceIo* io) {
  kind_ = Kind::kWrite;
  buffer_ = {};
  bytes_ = 0;
  parts_.clear();
  for (const std::span<const std::byte> part : parts) {
    // The system does not change it.
    parts_.push_back({.iov_base = const_cast<std::byte*>(part.data()), .iov_len = part.size()});
    bytes_ += part.size();
  }
  begin(files, offset, io);
}

// From what is done to the end, or to the end of what lies together in a file.
void IoOperation::make_step() {
  const TierFiles::Place place = files_->locate(offset_ + done_);
  step_ = {.file = place.file, .offset = place.offset, .bytes = 0};
  step_parts_.clear();
  std::uint64_t skip = done_;
  std::uint64_t room = std::min(bytes_ - done_, place.bytes);
  for (const iovec& part : parts_) {
    if (room == 0 || step_parts_.size() == kMostParts) break;
    if (skip >= part.iov_len) {
      skip -= part.iov_len;
      continue;
    }
    const std::size_t length = std::min(part.iov_len - skip, room);
    step_parts_.push_back(
        {.iov_base = static_cast<std::byte*>(part.iov_base) + skip, .iov_len = length});
    skip = 0;
    room -= length;
    step_.bytes += length;
  }
}

IoOperation::Next IoOperation::advance(std::int64_t result) {
  if (result == -EINTR || result == -EAGAIN) {
    return ++repeats_ <= kMostRepeats ? Next::kMore : fail(static_cast<int>(-result));
  }
  if (result <= 0) return fail(static_cast<int>(-result));  // 0: the file ends here
  const auto count = std::min(static_cast<std::uint64_t>(result), std::uint64_t{step_.bytes});
  done_ += count;
  if (done_ == bytes_) return Next::kDone;
  if (count < step_.bytes) {
    // Direct IO goes on at a whole block only, so a part of one is done again.
    if (++repeats_ > kMostRepeats) return fail(0);
    done_ -= done_ % step_.file->alignment();
  }
  make_step();
  return Next::kMore;
}

IoOperation::Next IoOperation::fail(int error) {
  has_memory_for([&] {  // or the log says nothing
    if (kind_ == Kind::kRead) {
      step_.file->note_failed_read(error);
    } else {
      step_.file->note_failed_write(error);
    }
  });
  return Next::kFailed;
}

bool IoOperation::run() {
  for (;;) {
    const ssize_t count = kind_ == Kind::kRead ? step_.file->read_at(step_parts_, step_.offset)
                                               : step_.file->write_at(step_parts_, step_.offset);
    const Next next = advance(count >= 0 ? count : -errno);
    if (next != Next::kMore) return next == Next::kDone;
  }
}

}  // namespace isocache
