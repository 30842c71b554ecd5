// One WebSocket: its binary frames are a Session's byte stream, its replies leave as binary frames.
//
//   read -> feed -> execute in turns -> read ...       replies leave when what was received is used
//                                        \-> send      up, right before the socket is read again:
//                                                      one frame for many small ones
//
// While a frame is on its way out, the session gets no more input. So a client that does not read
// costs http_limits::kWebSocketOutputBytes and one read buffer. Pings are sent in between, because
// they need neither.
//
// When a late reply can be finished, the coroutine that runs this picture usually waits in a read,
// which cannot be interrupted. Then go_on() finishes the reply in its place.
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

  // Sends the 101, then serves the client to its end. Afterwards the stream is closed or ready to
  // be closed.
  virtual Awaitable<void> run(const HttpRequest& request, const Upgrade& upgrade) = 0;

  // Its session's waker was called with this token.
  virtual void wake(LateToken token) = 0;
  // Sends pings. Closes connections that are dead, idle or late.
  virtual void tick(std::int64_t now_ms) = 0;
  // Says goodbye (1001) when the request that has begun to arrive is answered; at once if there is
  // none.
  virtual void drain() = 0;
  // Breaks the connection off.
  virtual void close() = 0;
  // A write failed, so there is nobody to say goodbye to.
  virtual bool broken() const = 0;
  // Operations are under way that refer to it: it must not be destroyed.
  virtual bool in_use() const = 0;
};

// REQUIRES: all references outlive it, and it outlives run(). Defined in websocket.cc, so that only
// websocket*.cc compile Beast's WebSockets.
std::unique_ptr<WebSocketConnection> make_websocket(const ConnectionId& id, SocketStream& stream,
                                                    HttpHost& host, ConnectionInfo& info);

}  // namespace isocache
