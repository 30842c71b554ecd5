// The memory of every store under test, as bad as the interface allows. New memory holds garbage,
// and memory that is given back becomes garbage at once, so that any use of it shows. Chunks come
// from the ordinary heap, so that sanitizers see their bounds. It refuses when it is told to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/limits.h"
#include "store/memory_source.h"

namespace isocache {

class TestMemory : public MemorySource {
 public:
  TestMemory() = default;
  // Refuses every nth call; 0: none.
  explicit TestMemory(unsigned every, std::size_t alignment = 64)
      : every_(every), alignment_(alignment) {}
  TestMemory(const TestMemory&) = delete;
  TestMemory& operator=(const TestMemory&) = delete;
  ~TestMemory() override {
    for (const Chunk& chunk : chunks_) std::free(chunk.memory);
  }

  std::byte* allocate(std::size_t bytes) override {
    ++calls_;
    const bool refuses = refuse_next_ != 0 || (every_ != 0 && calls_ % every_ == 0) ||
                         allocated_bytes_ + bytes > most_bytes_;
    refuse_next_ -= std::min(refuse_next_, 1U);
    auto* memory = refuses ? nullptr : static_cast<std::byte*>(std::aligned_alloc(alignment_, bytes));
    if (memory == nullptr) {
      ++refused_;
      return nullptr;
    }
    std::memset(memory, kGarbage, bytes);
    chunks_.push_back({memory, bytes});
    allocated_bytes_ += bytes;
    return memory;
  }
  // Ends the program unless the range is whole segments of one chunk.
  void discard(std::byte* memory, std::size_t bytes) override {
    const bool good = std::any_of(chunks_.begin(), chunks_.end(), [&](const Chunk& chunk) {
      return memory >= chunk.memory && memory + bytes <= chunk.memory + chunk.bytes &&
             static_cast<std::size_t>(memory - chunk.memory) % limits::kSegmentBytes == 0;
    });
    if (!good || bytes == 0 || bytes % limits::kSegmentBytes != 0) std::abort();
    std::memset(memory, kGarbage, bytes);
    discarded_bytes_ += bytes;
  }

  // Refuses the next so many calls.
  void refuse_next(unsigned calls) { refuse_next_ = calls; }
  // From now on, gives this much in all and no more.
  void set_most_bytes(std::size_t bytes) { most_bytes_ = bytes; }

  std::size_t allocated_bytes() const { return allocated_bytes_; }
  std::size_t discarded_bytes() const { return discarded_bytes_; }  // in all
  std::size_t refused() const { return refused_; }

 private:
  // Read as a record, it is a live item whose key and value have absurd lengths.
  static constexpr int kGarbage = 0xa5;

  struct Chunk {
    std::byte* memory;
    std::size_t bytes;
  };
  std::vector<Chunk> chunks_;
  unsigned every_ = 0;
  std::size_t alignment_ = 64;
  std::size_t calls_ = 0;
  unsigned refuse_next_ = 0;
  std::size_t most_bytes_ = ~std::size_t{0} >> 1U;
  std::size_t allocated_bytes_ = 0;
  std::size_t discarded_bytes_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace isocache
