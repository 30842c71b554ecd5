// What isocache-inspect.wasm has besides: time that passes without requests, and which parts of
// memory hold the state of everything. A copy of those parts is another cache, or the same one
// later: all that an instance knows lies in its memory, and between two calls its stack is empty.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "cache.h"

extern "C" const char __global_base;  // the linker's: the end of the stack, where data begins

namespace isocache {
namespace {

// A part of memory.
struct Part {
  const char* begin;
  const char* end;
};

// The allocator keeps its own words beside what it gives.
constexpr std::size_t kAllocatorBytes = 64;

class StateParts {
 public:
  // Lists the parts, in order. What is free is held until end(), so that the allocator does not
  // write to it.
  const std::vector<Part>& begin() {
    end();
    parts_.clear();
    parts_.reserve(unused_.size() + 1);
    const Part free_part = hold_free_memory();
    const char* const top = static_cast<const char*>(sbrk(0));
    unused_ = {{{scratch, scratch + kScratchBytes}, free_part}};
    std::sort(unused_.begin(), unused_.end(),
              [](const Part& a, const Part& b) { return a.begin < b.begin; });
    const char* at = &__global_base;
    for (const Part& unused : unused_) {
      if (unused.begin > at) parts_.push_back({at, unused.begin});
      at = std::max(at, unused.end);
    }
    parts_.push_back({at, top});
    return parts_;
  }
  std::size_t count() const { return parts_.size(); }
  void end() {
    std::free(free_memory_);
    free_memory_ = nullptr;
  }

 private:
  // Calls that look for room before they do anything (can_allocate) leave so much behind.
  Part hold_free_memory() {
    constexpr std::size_t kBytes = kReserveBytes / 2;
    auto* const block = static_cast<char*>(std::malloc(kBytes));
    free_memory_ = block;
    if (block == nullptr) return {scratch, scratch};
    return {block + kAllocatorBytes, block + kBytes - kAllocatorBytes};
  }

  std::vector<Part> parts_;
  std::array<Part, 2> unused_ = {};
  void* free_memory_ = nullptr;
};

StateParts state_parts;

// The background work of one second.
constexpr unsigned kTicksOfSecond = 64;
// As many seconds of a long wait have theirs. What expired before is found all the same.
constexpr UnixSeconds kMostSeconds = 256;

}  // namespace

// The clock goes on to `now_s` without a request, and the background work is done.
ISOCACHE_EXPORT(advance) void export_advance(UnixSeconds now_s) {
  UnixSeconds second = cache->clock.now_s;
  if (now_s - second > kMostSeconds) second = now_s - kMostSeconds;
  while (second < now_s) {
    ++second;
    cache->begin(second);
    for (unsigned n = 0; n < kTicksOfSecond && cache->backend.engine().tick(second); ++n) {
    }
  }
}

// Gives the list of the parts of memory to copy: where they begin and end. Nothing may be called
// before state_end(), which must be called in the copy as well.
ISOCACHE_EXPORT(state_begin) const Part* export_state_begin() { return state_parts.begin().data(); }
ISOCACHE_EXPORT(state_count) std::size_t export_state_count() { return state_parts.count(); }
ISOCACHE_EXPORT(state_end) void export_state_end() { state_parts.end(); }

}  // namespace isocache
