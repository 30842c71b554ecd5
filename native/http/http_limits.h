// What one HTTP or WebSocket client may take, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace isocache {

namespace http_limits {

inline constexpr std::size_t kHeaderBytes = 8U << 10;  // request line and fields; more: 431
// A WebSocket's frame, and a message of several, in items of the largest size (-I).
inline constexpr std::size_t kFrameItems = 2;
// Unsent replies of one WebSocket, before it is read no further; also about the largest frame.
inline constexpr std::size_t kWebSocketOutputBytes = 1U << 20;
// A WebSocket frame's bytes are read into this; the larger once the smaller was filled.
inline constexpr std::size_t kSmallReadBytes = 2U << 10;
inline constexpr std::size_t kLargeReadBytes = 16U << 10;
// permessage-deflate: shorter replies are not compressed.
inline constexpr std::size_t kDeflateFromBytes = 256;

}  // namespace http_limits

// Milliseconds. Looked at once a second. Tests set shorter ones.
struct HttpTimes {
  std::int64_t first_request = 10'000;  // from the accepted socket: TLS handshake and header
  std::int64_t keep_alive = 30'000;     // to the next request's header
  std::int64_t write = 30'000;          // for a reply to go out
  std::int64_t ping = 30'000;           // a WebSocket that is silent for this long is asked
  std::int64_t dead = 60'000;           // and closed after this
  std::int64_t close = 5'000;           // for the other end's goodbye
  std::int64_t login = std::int64_t{1000} * limits::kLoginLimit_s;  // of a WebSocket, by a `set`
  std::int64_t sweep = 1'000;                                       // between looks at all these
  std::int64_t drain_sweep = 100;  // while the server ends, which waits for them
};

}  // namespace isocache
