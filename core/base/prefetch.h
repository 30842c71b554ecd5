// Asks for a cache line ahead of its use.
#pragma once

namespace isocache {

#if defined(__wasm__)
// wasm has no prefetch. A load whose result nobody waits for does the same, so `at` must be
// readable.
inline void prefetch_line(const void* at) { *static_cast<const volatile char*>(at); }
#else
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at, 1);
  // Without this, g++ assumes that a function that only prefetches has no effect, and drops the
  // calls to it: store/get_batch32 at 1 M items takes 368 instead of 98 ns a key.
  asm volatile("");
}
#endif

}  // namespace isocache
