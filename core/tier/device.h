// The seam between the tier and what stores its bytes: a file, a block device, memory.
//
// A device reads and writes whole blocks. An operation either ends within the call that begins it,
// as in memory, or later: then the device calls on_done() from the host's event loop, never from
// within a call to the device. So a caller that holds a lock around begin_...() takes the same lock
// in on_done().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace isocache {

enum class IoStatus : std::uint8_t {
  kPending,  // on_done() will be called
  kDone,
  kFailed,      // also: it was short. A read has not begun, see begin_read()
  kReadFailed,  // of a read that was tried within the call; the next one may fail too
};

// One operation of a device. REQUIRES: it lives until it has ended.
class DeviceIo {
 public:
  virtual ~DeviceIo() = default;
  // Ended. Called once for an operation that was begun with kPending, and for no other. It does not
  // throw: there may be more to end behind this one.
  virtual void on_done(bool succeeded) noexcept = 0;
};

// A read. The device owns the memory, because only the device knows which memory is fast.
class DeviceRead : public DeviceIo {
 public:
  // What was read. Valid from a successful end until Device::release().
  std::span<const std::byte> data() const { return data_; }

 private:
  friend class Device;
  std::span<std::byte> data_;
};

class Device {
 public:
  // The smallest unit of all devices. Offsets and lengths on a device count in these.
  static constexpr std::size_t kBlockBytes = 512;

  virtual ~Device() = default;

  virtual std::uint64_t size_bytes() const = 0;
  // Offsets and lengths must be multiples of it: 512 or 4096. Written memory must be aligned to it.
  virtual std::size_t alignment() const = 0;

  // Reads `bytes` bytes at `offset`. kFailed: nothing can be read there, or the device has no
  // memory or no place in its queue now.
  virtual IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) = 0;
  // Gives the memory of a successful read back. The owner calls it once for each.
  virtual void release(DeviceRead& read) = 0;

  // Writes the parts one behind the other from `offset` on. The parts stay valid until the end;
  // the span itself need not.
  virtual IoStatus begin_write(std::uint64_t offset,
                               std::span<const std::span<const std::byte>> parts, DeviceIo& io) = 0;

 protected:
  static std::span<std::byte>& data_of(DeviceRead& read) { return read.data_; }
};

}  // namespace isocache
