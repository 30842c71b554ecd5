// A read or a write of the device, made of steps: one system call, or one entry of a ring, is one
// step. A step ends where a file's page ends, or short of it, as the system likes.
//
//   begin_read(), begin_write() --> step() --the system--> advance(result) --kMore--> step() ...
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tier/device.h"
#include "native/tier/tier_files.h"

namespace isocache {

class IoOperation {
 public:
  enum class Kind : std::uint8_t { kRead, kWrite };
  enum class Next : std::uint8_t { kMore, kDone, kFailed };
  struct Step {
    const TierFile* file = nullptr;
    std::uint64_t offset = 0;  // in the file
    std::size_t bytes = 0;
  };
  // Interrupted steps, and steps for which the system had no room, are repeated so often.
  static constexpr unsigned kMostRepeats = 64;

  // An operation may be begun again when it has ended. REQUIRES: the range lies in `files`.
  void begin_read(const TierFiles& files, std::uint64_t offset, std::span<std::byte> buffer,
                  DeviceIo* io);
  void begin_write(const TierFiles& files, std::uint64_t offset,
                   std::span<const std::span<const std::byte>> parts, DeviceIo* io);

  Kind kind() const { return kind_; }
  DeviceIo* io() const { return io_; }
  std::span<std::byte> buffer() const { return buffer_; }                 // of a read
  std::chrono::steady_clock::time_point began() const { return began_; }  // a read
  const Step& step() const { return step_; }
  // The memory of the step; valid until advance().
  std::span<const iovec> step_parts() const { return step_parts_; }

  // `result`: the step's count of bytes, or -errno.
  Next advance(std::int64_t result);
  // All steps, at once; true: it succeeded.
  bool run();

 private:
  void begin(const TierFiles& files, std::uint64_t offset, DeviceIo* io);
  void make_step();
  Next fail(int error);

  Kind kind_ = Kind::kRead;
  unsigned repeats_ = 0;
  const TierFiles* files_ = nullptr;
  DeviceIo* io_ = nullptr;
  std::uint64_t offset_ = 0;  // on the device
  std::uint64_t bytes_ = 0;
  std::uint64_t done_ = 0;
  std::span<std::byte> buffer_;
  std::chrono::steady_clock::time_point began_;
  std::vector<iovec> parts_;
  Step step_;
  std::vector<iovec> step_parts_;
};

}  // namespace isocache
