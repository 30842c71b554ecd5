// Signals as something to poll for, instead of handlers that interrupt the running code.
#pragma once

#include <csignal>
#include <optional>

#include "native/base/file_descriptor.h"

namespace isocache {

class Signals {
 public:
  // Blocks SIGTERM, SIGINT, SIGUSR1 and SIGHUP in this thread and in the threads that it starts
  // from now on. Throws SystemError.
  Signals();
  ~Signals();  // restores the previous mask
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable when next() has a signal.
  int fd() const { return descriptor_.get(); }
  // The next signal that arrived, or nothing.
  std::optional<int> next();

 private:
  sigset_t before_{};
  FileDescriptor descriptor_;
};

}  // namespace isocache
