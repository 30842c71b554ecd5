#include "failing_memory.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace isocache {

thread_local long allocations_left = -1;

}  // namespace isocache

namespace {

using isocache::allocations_left;

// Null: there is no memory.
void* try_to_allocate(std::size_t bytes) {
  if (allocations_left >= 0 && allocations_left-- == 0) return nullptr;
  return std::malloc(bytes == 0 ? 1 : bytes);
}

void* allocate(std::size_t bytes) {
  void* const memory = try_to_allocate(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Asio allocates with this one.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  if (allocations_left >= 0 && allocations_left-- == 0) return nullptr;
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}
void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return try_to_allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return try_to_allocate(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
