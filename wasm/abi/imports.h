// What the host provides (src/engine/engine.ts), beside Emscripten's own imports. It may not call
// back.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
// An item goes for room. Called once for each piece of its value.
void isocache_evicting(const char* key, std::size_t key_length, std::uint32_t client_flags,
                       std::uint32_t exptime, std::size_t value_length, const char* piece,
                       std::size_t piece_length);
}
