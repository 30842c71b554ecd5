// What isocache-inspect.wasm has besides: time that passes without requests, and which parts of
// memory hold the state of everything. A copy of those parts is another cache, or the same one
// later: all that an instance knows lies in its memory, and between two calls its stack is empty.
// What it shows of the store is in inspect_store.cc.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "cache.h"
#include "store/inspection.h"

extern "C" const char __global_base;  // the linker's: the end of the stack, where data begins

namespace isocache {
namespace {

std::size_t free_bytes_at_end() { return static_cast<std::size_t>(mallinfo().keepcost); }

// A part of memory.
struct Part {
  const char* begin;
  const char* end;
};

class StateParts {
 public:
  // Lists the parts, in order. Free memory is held until end(), so that the allocator does not
  // write to it.
  const std::vector<Part>& begin() {
    end();
    find_unused();
    const char* const top = static_cast<const char*>(sbrk(0));
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
  // A part that is smaller is copied with what is around it.
  static constexpr std::size_t kLeastBytes = 4096;
  // The allocator keeps words of its own beside what it gives.
  static constexpr std::size_t kAllocatorBytes = 64;

  void find_unused() {
    unused_.clear();
    parts_.clear();
    unused_.push_back({scratch, scratch + kScratchBytes});
    StoreInspection(cache->store).for_each_unused_part([this](std::span<const std::byte> part) {
      const auto* const begin = reinterpret_cast<const char*>(part.data());
      if (part.size() >= kLeastBytes) unused_.push_back({begin, begin + part.size()});
    });
    unused_.reserve(unused_.size() + 1);
    parts_.reserve(unused_.size() + 2);
    hold_free_memory();
    std::sort(unused_.begin(), unused_.end(),
              [](const Part& a, const Part& b) { return a.begin < b.begin; });
  }

  // Holds the allocator's last block if that is free: calls that look for room before they do
  // anything (can_allocate) leave much behind.
  void hold_free_memory() {
    const std::size_t bytes = free_bytes_at_end();
    if (bytes < kLeastBytes) return;
    const char* const top = static_cast<const char*>(sbrk(0));
    auto* const block = static_cast<char*>(std::malloc(bytes - kAllocatorBytes));
    free_memory_ = block;
    if (block == nullptr || block + bytes - kAllocatorBytes > top) return;
    unused_.push_back({block + kAllocatorBytes, block + bytes - 2 * kAllocatorBytes});
  }

  std::vector<Part> parts_;
  std::vector<Part> unused_;
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
ISOCACHE_EXPORT(state_begin)
const Part* export_state_begin() { return state_parts.begin().data(); }
ISOCACHE_EXPORT(state_count) std::size_t export_state_count() { return state_parts.count(); }
ISOCACHE_EXPORT(state_end) void export_state_end() { state_parts.end(); }

}  // namespace isocache
