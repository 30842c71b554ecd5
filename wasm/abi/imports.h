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

// Reads, or writes, so many bytes of the tier's device. False: it has failed. Only
// isocache-tier.wasm asks for them.
bool isocache_tier_read(double offset, std::byte* to, std::size_t bytes);
bool isocache_tier_write(double offset, const std::byte* from, std::size_t bytes);
}
