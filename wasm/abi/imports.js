// The linker's list of what src/engine/engine.ts provides beside Emscripten's own imports.
mergeInto(LibraryManager.library, {
  isocache_evicting() {},
  isocache_tier_read() {},
  isocache_tier_write() {},
});
