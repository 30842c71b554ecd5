// Marks functions that every request calls, and those that few requests call. The former are
// inlined where that makes the server faster. In wasm the module's size counts for more.
#pragma once

#if defined(__wasm__)
#define ISOCACHE_INLINE_NATIVELY  // the compiler decides
#define ISOCACHE_INLINE_ONLY_NATIVELY [[gnu::noinline]]
#define ISOCACHE_CALLED_IN_WASM [[gnu::noinline]]
#define ISOCACHE_RARE __attribute__((noinline, cold, minsize))
#else
#define ISOCACHE_INLINE_NATIVELY [[gnu::always_inline]]
#define ISOCACHE_INLINE_ONLY_NATIVELY [[gnu::always_inline]]
#define ISOCACHE_CALLED_IN_WASM  // the compiler decides
#define ISOCACHE_RARE            // the compiler decides
#endif
