// A serving thread's part in the tier: its TierIo, from the thread's start to its end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/tier/tier_device.h"

namespace isocache {

class TierThread {
 public:
  // `device` null: there is no tier, and all calls do nothing.
  explicit TierThread(TierDevice* device) : device_(device) {}

  // On the thread, before its system calls are filtered. If the system has no more descriptors or
  // memory, the thread waits for its reads and writes.
  void open(const TierIoOptions& options) {
    if (device_ == nullptr) return;
    try {
      io_ = device_->open_thread(options);
    } catch (const SystemError& error) {
      log_line(std::string("ext_path: ") + error.what() + "; a thread waits for each read",
               LogLevel::kError);
    }
  }
  explicit operator bool() const { return io_ != nullptr; }
  int event_fd() const { return io_->event_fd(); }
  void submit() {
    if (io_) io_->submit();
  }
  void reap() { io_->reap(); }
  // Gives what is in flight this time to end, and a moment in any case.
  void close(std::int64_t limit_ms) {
    constexpr std::int64_t kLeast_ms = 100;
    if (io_) io_->stop(std::chrono::milliseconds(std::max(limit_ms, kLeast_ms)));
    io_.reset();
  }

 private:
  TierDevice* device_;
  std::unique_ptr<TierIo> io_;
};

}  // namespace isocache
