// Threads that read and write for others, where io_uring is forbidden.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "native/tier/tier_io.h"

namespace isocache {

class IoPool {
 public:
  // `on_thread_start` runs on each of the threads. Throws SystemError.
  IoPool(unsigned threads, std::function<void()> on_thread_start);
  // Waits a little for threads that are within a call. One that hangs there is left alone: what it
  // uses lives until it returns.
  ~IoPool();
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  // REQUIRES: the pool outlives it.
  std::unique_ptr<TierIo> make_io(const TierIoOptions& options,
                                  std::shared_ptr<const TierFiles> files,
                                  std::shared_ptr<ReadBuffers> buffers);

 private:
  class Io;
  struct Job;
  struct Mailbox;
  struct Jobs;
  static void carry_out(std::list<Job>& one);
  static void serve(const std::shared_ptr<Jobs>& jobs);

  std::shared_ptr<Jobs> jobs_;
};

}  // namespace isocache
