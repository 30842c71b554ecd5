// Memory for reads, aligned for direct IO. Any thread may take and give back.
//
// Small buffers come from an arena that is allocated once, so that rings can register it. The arena
// consists of chunks; a chunk that is in use is divided into buffers of one size:
//
//   chunk of 128 KiB   | 4 | 4 | 4 | ... 32 of 4 KiB |   or  | 64 KiB | 64 KiB |
//
// Other buffers are mapped when they are needed, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace isocache {

class ReadBuffers {
 public:
  static constexpr std::size_t kSmallest = 4096;
  static constexpr std::size_t kChunk = 128 * 1024;

  // Throws SystemError if there is no memory.
  ReadBuffers(std::size_t arena_bytes, std::size_t mapped_limit_bytes);
  ~ReadBuffers();
  ReadBuffers(const ReadBuffers&) = delete;
  ReadBuffers& operator=(const ReadBuffers&) = delete;

  // Empty: there is no memory now. REQUIRES: bytes > 0.
  std::span<std::byte> take(std::size_t bytes);
  void give_back(std::span<std::byte> buffer);

  std::span<std::byte> arena() const { return arena_; }
  bool in_arena(const void* address) const {
    return address >= arena_.data() && address < arena_.data() + arena_.size();
  }
  std::size_t bytes_in_use() const;

 private:
  struct Chunk {
    std::uint32_t free = 0;          // a bit for each buffer
    std::uint32_t buffer_bytes = 0;  // 0: not in use
  };

  // The chunk to take from, divided into such buffers; the number of chunks: there is none.
  std::size_t find_chunk(std::uint32_t buffer_bytes);
  std::span<std::byte> take_small(std::size_t bytes);
  std::span<std::byte> take_mapped(std::size_t bytes);

  std::span<std::byte> arena_;
  const std::size_t mapped_limit_;
  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::size_t small_in_use_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace isocache
