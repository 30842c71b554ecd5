// The linker's list of what src/engine/engine.ts provides beside Emscripten's own imports.
mergeInto(LibraryManager.library, { isocache_evicting() {} });
