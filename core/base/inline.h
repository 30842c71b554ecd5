// Functions on the way of every request, inlined where that makes the server faster. In wasm the
// module's size counts for more.
#pragma once

#if defined(__wasm__)
#define ISOCACHE_INLINE_NATIVELY
#else
#define ISOCACHE_INLINE_NATIVELY [[gnu::always_inline]]
#endif
