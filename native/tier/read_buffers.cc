#include "native/tier/read_buffers.h"

#include <sys/mman.h>

#include <bit>

#include "native/base/errors.h"

namespace isocache {
namespace {

std::span<std::byte> map(std::size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  return {static_cast<std::byte*>(memory), bytes};
}

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + ReadBuffers::kSmallest - 1) / ReadBuffers::kSmallest * ReadBuffers::kSmallest;
}

// All buffers of a chunk.
std::uint32_t all_of(std::uint32_t buffer_bytes) {
  const std::size_t count = ReadBuffers::kChunk / buffer_bytes;
  return ~std::uint32_t{0} >> (32 - count);
}

}  // namespace

static_assert(ReadBuffers::kChunk / ReadBuffers::kSmallest == 32, "one bit for each buffer");

ReadBuffers::ReadBuffers(std::size_t arena_bytes, std::size_t mapped_limit_bytes)
    : mapped_limit_(mapped_limit_bytes), chunks_(arena_bytes / kChunk) {
  if (chunks_.empty()) return;
  arena_ = map(chunks_.size() * kChunk);
  if (arena_.empty()) throw_errno("no memory for reads from ext_path");
}

ReadBuffers::~ReadBuffers() {
  if (!arena_.empty()) ::munmap(arena_.data(), arena_.size());
}

std::span<std::byte> ReadBuffers::take(std::size_t bytes) {
  if (bytes <= kChunk) {
    const std::span<std::byte> buffer = take_small(bytes);
    if (!buffer.empty()) return buffer;
  }
  return take_mapped(bytes);
}

// The arena has few chunks, so they are searched in order. That also leaves the last ones whole.
std::size_t ReadBuffers::find_chunk(std::uint32_t buffer_bytes) {
  std::size_t unused = chunks_.size();
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].buffer_bytes == buffer_bytes && chunks_[i].free != 0) return i;
    if (chunks_[i].buffer_bytes == 0 && unused == chunks_.size()) unused = i;
  }
  if (unused < chunks_.size()) {
    chunks_[unused] = {.free = all_of(buffer_bytes), .buffer_bytes = buffer_bytes};
  }
  return unused;
}

std::span<std::byte> ReadBuffers::take_small(std::size_t bytes) {
  const auto buffer_bytes = static_cast<std::uint32_t>(std::bit_ceil(whole_pages(bytes)));
  const std::lock_guard lock(mutex_);
  const std::size_t index = find_chunk(buffer_bytes);
  if (index == chunks_.size()) return {};
  Chunk& chunk = chunks_[index];
  const auto slot = static_cast<unsigned>(std::countr_zero(chunk.free));
  chunk.free &= chunk.free - 1;
  small_in_use_ += buffer_bytes;
  return arena_.subspan(index * kChunk + std::size_t{slot} * buffer_bytes, bytes);
}

std::span<std::byte> ReadBuffers::take_mapped(std::size_t bytes) {
  const std::size_t pages = whole_pages(bytes);
  {
    const std::lock_guard lock(mutex_);
    if (pages > mapped_limit_ - mapped_) return {};
    mapped_ += pages;
  }
  const std::span<std::byte> buffer = map(pages);
  if (!buffer.empty()) return buffer.first(bytes);
  const std::lock_guard lock(mutex_);
  mapped_ -= pages;
  return {};
}

void ReadBuffers::give_back(std::span<std::byte> buffer) {
  if (!in_arena(buffer.data())) {
    const std::size_t pages = whole_pages(buffer.size());
    ::munmap(buffer.data(), pages);
    const std::lock_guard lock(mutex_);
    mapped_ -= pages;
    return;
  }
  const auto offset = static_cast<std::size_t>(buffer.data() - arena_.data());
  const std::lock_guard lock(mutex_);
  Chunk& chunk = chunks_[offset / kChunk];
  small_in_use_ -= chunk.buffer_bytes;
  chunk.free |= std::uint32_t{1} << (offset % kChunk / chunk.buffer_bytes);
  if (chunk.free == all_of(chunk.buffer_bytes)) chunk = {};
}

std::size_t ReadBuffers::bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  return small_in_use_ + mapped_;
}

}  // namespace isocache
