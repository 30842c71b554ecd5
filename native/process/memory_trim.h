// When a crowd of connections has ended, malloc keeps what they had. This gives it back to the
// system.
#pragma once

#include <malloc.h>

#include <cstdint>

namespace isocache {

// Of one thread.
class MemoryTrim {
 public:
  void note_closing() { ++closings_; }

  // Now and then. Few connections are not worth it, and once a second is enough.
  void run(std::int64_t now_ms) {
    if (closings_ < kClosings || now_ms < next_ms_) return;
    ::malloc_trim(0);
    closings_ = 0;
    next_ms_ = now_ms + kInterval_ms;
  }

 private:
  static constexpr unsigned kClosings = 16;
  static constexpr std::int64_t kInterval_ms = 1000;

  unsigned closings_ = 0;  // since the last
  std::int64_t next_ms_ = 0;
};

}  // namespace isocache
