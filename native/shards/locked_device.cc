#include "native/shards/locked_device.h"

#include <mutex>
#include <new>

namespace isocache {

// Null: there is no memory for one more.
LockedDevice::Operation* LockedDevice::take(DeviceIo& io, DeviceRead* read) {
  if (free_.empty()) {
    try {
      free_.reserve(operations_.size() + 1);  // so that to give one back needs no memory
      free_.push_back(&operations_.emplace_back(*this));
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  Operation* const operation = free_.back();
  free_.pop_back();
  operation->io = &io;
  operation->read = read;
  return operation;
}

IoStatus LockedDevice::begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) {
  Operation* const operation = take(read, &read);
  if (operation == nullptr) return IoStatus::kFailed;
  const IoStatus status = device_.begin_read(offset, bytes, *operation);
  if (status == IoStatus::kPending) return status;
  if (status == IoStatus::kDone) data_of(read) = data_of(*operation);
  give_back(*operation);
  return status;
}

IoStatus LockedDevice::begin_write(std::uint64_t offset,
                                   std::span<const std::span<const std::byte>> parts,
                                   DeviceIo& io) {
  Operation* const operation = take(io, nullptr);
  if (operation == nullptr) return IoStatus::kFailed;
  const IoStatus status = device_.begin_write(offset, parts, *operation);
  if (status != IoStatus::kPending) give_back(*operation);
  return status;
}

void LockedDevice::ended(Operation& operation, bool succeeded) {
  const std::lock_guard lock(mutex_);
  if (operation.read != nullptr && succeeded) data_of(*operation.read) = data_of(operation);
  DeviceIo& io = *operation.io;
  give_back(operation);
  io.on_done(succeeded);  // may begin the next one
}

}  // namespace isocache
