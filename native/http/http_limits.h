// How much of the server one HTTP or WebSocket client may use, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace isocache {

namespace http_limits {

inline constexpr std::size_t kHeaderBytes = 8U << 10;  // request line and fields; more: 431
// The largest WebSocket frame, and the largest message of several frames, in items of the largest
// size (-I).
inline constexpr std::size_t kFrameItems = 2;
// If a WebSocket has this many unsent bytes of replies, it is read no further. A frame is about
// this large at most, too.
inline constexpr std::size_t kWebSocketOutputBytes = 1U << 20;
// A WebSocket's bytes are read into a buffer of this size. If one read fills it, the larger size
// replaces it.
inline constexpr std::size_t kSmallReadBytes = 2U << 10;
inline constexpr std::size_t kLargeReadBytes = 16U << 10;
// permessage-deflate: shorter replies are not compressed.
inline constexpr std::size_t kDeflateFromBytes = 256;

}  // namespace http_limits

// In milliseconds, checked once a second. Tests set shorter limits.
struct HttpTimes {
  std::int64_t first_request = 10'000;  // from the accepted socket: TLS handshake and header
  std::int64_t keep_alive = 30'000;     // to the next request's header
  std::int64_t write = 30'000;          // until a reply is sent
  std::int64_t ping = 30'000;           // a WebSocket that is silent for this long gets a ping
  std::int64_t dead = 60'000;           // a WebSocket that is silent for this long is closed
  std::int64_t close = 5'000;           // for the other end's goodbye
  std::int64_t login = std::int64_t{1000} * limits::kLoginLimit_s;  // of a WebSocket, by a `set`
  std::int64_t sweep = 1'000;                                       // between checks of all these
  // between checks while the server ends, because it waits for connections
  std::int64_t drain_sweep = 100;
};

}  // namespace isocache
