// When a crowd of connections has ended, malloc keeps their memory. This gives it back to the
// system.
#pragma once

#include <malloc.h>

#include <cstdint>

namespace isocache {

// For one thread.
class MemoryTrim {
 public:
  void note_closing() { ++closings_; }

  // Called now and then. Does nothing for a few connections, nor more than once a second.
  void run(std::int64_t now_ms) {
    if (closings_ < kClosings || now_ms < next_ms_) return;
    ::malloc_trim(0);
    closings_ = 0;
    next_ms_ = now_ms + kInterval_ms;
  }

 private:
  static constexpr unsigned kClosings = 16;
  static constexpr std::int64_t kInterval_ms = 1000;

  unsigned closings_ = 0;  // since the last trim
  std::int64_t next_ms_ = 0;
};

}  // namespace isocache
