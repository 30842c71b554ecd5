// A shard's view of the tier's device. A device ends operations on the thread that began them,
// which holds no lock then. What the operations belong to is used under the shard's lock:
//
//   Tiering --begin_...(), under the lock--> LockedDevice --> TierDevice
//   Tiering <--on_done(), under the lock---- Operation <----- TierIo::reap(), without it
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "core/tier/device.h"
#include "native/shards/spinning_mutex.h"

namespace isocache {

class LockedDevice final : public Device {
 public:
  // REQUIRES: both outlive it, and it lives until all operations have ended.
  LockedDevice(Device& device, SpinningMutex& mutex) : device_(device), mutex_(mutex) {}

  std::uint64_t size_bytes() const override { return device_.size_bytes(); }
  std::size_t alignment() const override { return device_.alignment(); }
  // Call these under the lock.
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override;
  void release(DeviceRead& read) override { device_.release(read); }
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& io) override;

  // How many operations have begun and not ended. Under the lock.
  std::size_t pending() const { return operations_.size() - free_.size(); }

 private:
  // Stands for an operation until it ends.
  struct Operation final : DeviceRead {
    explicit Operation(LockedDevice& its_owner) : owner(its_owner) {}
    void on_done(bool succeeded) noexcept override { owner.ended(*this, succeeded); }

    LockedDevice& owner;
    DeviceIo* io = nullptr;
    DeviceRead* read = nullptr;  // the same one; null: a write
  };

  Operation* take(DeviceIo& io, DeviceRead* read);
  void give_back(Operation& operation) { free_.push_back(&operation); }
  void ended(Operation& operation, bool succeeded);

  Device& device_;
  SpinningMutex& mutex_;
  // As many as were in flight at one time.
  std::deque<Operation> operations_;
  std::vector<Operation*> free_;
};

}  // namespace isocache
