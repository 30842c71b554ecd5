#include "native/shards/reserved_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr std::size_t kHugePageBytes = 2U << 20;
constexpr std::size_t kLaterReservationBytes = 64U << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

ReservedMemory::ReservedMemory(std::size_t bytes, bool huge_pages) : huge_pages_(huge_pages) {
  if (!reserve(bytes)) {
    throw_errno(fmt::format("-m: cannot reserve {} MB of addresses", bytes >> 20));
  }
}

ReservedMemory::~ReservedMemory() {
  for (const Region& region : regions_) ::munmap(region.begin, region.bytes);
}

std::byte* ReservedMemory::allocate(std::size_t bytes) {
  if (regions_.back().bytes - regions_.back().used < bytes &&
      !reserve(std::max(bytes, kLaterReservationBytes))) {
    return nullptr;
  }
  Region& region = regions_.back();
  std::byte* const memory = region.begin + region.used;
  region.used += bytes;
  return memory;
}

void ReservedMemory::discard(std::byte* memory, std::size_t bytes) {
  ::madvise(memory, bytes, MADV_DONTNEED);  // with -k it fails, and the pages stay
}

bool ReservedMemory::reserve(std::size_t bytes) {
  bytes = round_up(bytes, kHugePageBytes);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  // advice only: a failure does no harm
  ::madvise(memory, bytes, huge_pages_ ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  regions_.push_back({static_cast<std::byte*>(memory), bytes, 0});
  return true;
}

}  // namespace isocache
