// One WebSocket: its binary frames are a Session's byte stream, its replies leave as binary frames.
//
//   read -> feed -> execute in turns -> read ...       replies leave when what was received is used
//                                        \-> send      up, right before the socket is read again:
//                                                      one frame for many small ones
//
// While a frame is on its way out it feeds the session no more: a client that does not read costs
// http_limits::kWebSocketOutputBytes and one read buffer. Pings come between, for they need
// neither.
//
// When a late reply can be finished, the coroutine that runs this picture mostly waits in a read,
// which cannot be interrupted. Then go_on() finishes it in its place.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>

#include "command/late.h"
#include "native/connection/connection_table.h"
#include "native/http/http_host.h"
#include "native/http/socket_stream.h"
#include "native/http/upgrade.h"

namespace isocache {

using HttpRequest = beast::http::request<beast::http::empty_body>;

class WebSocketConnection {
 public:
  virtual ~WebSocketConnection() = default;

  // Says 101, then serves it to its end. The stream is then closed or ready to be.
  virtual Awaitable<void> run(const HttpRequest& request, const Upgrade& upgrade) = 0;

  // Its session's waker was called with this token.
  virtual void wake(LateToken token) = 0;
  // Pings, and closes what is dead, idle or late.
  virtual void tick(std::int64_t now_ms) = 0;
  // Says goodbye (1001) when the request that has begun to arrive is answered; at once if none has.
  virtual void drain() = 0;
  // Breaks it off.
  virtual void close() = 0;
  // A write failed: nobody is there to say goodbye to.
  virtual bool broken() const = 0;
};

// REQUIRES: all references outlive it, and it outlives run(). In websocket.cc, so that only that
// file has to compile Beast's WebSockets.
std::unique_ptr<WebSocketConnection> make_websocket(const ConnectionId& id, SocketStream& stream,
                                                    HttpHost& host, ConnectionInfo& info);

}  // namespace isocache
