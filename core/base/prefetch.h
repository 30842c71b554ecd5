// Asks for a cache line ahead of its use.
#pragma once

namespace isocache {

#if defined(__wasm__)
// wasm has no prefetch; a load whose result nobody waits for is as good. So `at` must be readable.
inline void prefetch_line(const void* at) { *static_cast<const volatile char*>(at); }
#else
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at, 1);
  // Without this, g++ takes a function that only prefetches for one without effects and drops the
  // calls to it: store/get_batch32 at 1 M items, 368 instead of 98 ns a key.
  asm volatile("");
}
#endif

}  // namespace isocache
