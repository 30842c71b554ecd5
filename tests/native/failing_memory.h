// Memory that runs out when a test says so: failing_memory.cc replaces what allocates in the whole
// program.
#pragma once

namespace isocache {

// How many allocations of this thread succeed before the next fails; negative: none fails.
extern thread_local long allocations_left;

// No allocation fails while it lives.
class EnoughMemory {
 public:
  EnoughMemory() : before_(allocations_left) { allocations_left = -1; }
  ~EnoughMemory() { allocations_left = before_; }
  EnoughMemory(const EnoughMemory&) = delete;
  EnoughMemory& operator=(const EnoughMemory&) = delete;

 private:
  long before_;
};

}  // namespace isocache
