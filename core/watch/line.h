// The line of an event, in memcached's words: `ts=1795838147.531433 gid=2 type=item_get key=a ...`.
#pragma once

#include <cstddef>
#include <string_view>

#include "watch/event.h"

namespace isocache {

// The longest key as text: each byte may take three.
inline constexpr std::size_t kMaxEventLineBytes = 3 * 255 + 320;

// Writes the line with its "\n". Returns how long it is. REQUIRES: `room` has kMaxEventLineBytes.
std::size_t write_event_line(const Event& event, std::string_view text, char* room);

}  // namespace isocache
